"""The container's command line: `python3 cli.py [--trace] evaluate [--local]` and `python3 cli.py test`."""

from cajajejo.cli.container import main

if __name__ == "__main__":
    main()
