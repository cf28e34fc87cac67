from hypothesis import given
from hypothesis import strategies as st

from cajajejo.weights.fetch.crc32c import combine, extender


def test_the_check_value_of_the_algorithm() -> None:
    assert extender()(0, b"123456789") == 0xE3069283  # RFC 3720 and the catalogue of CRC algorithms


@given(st.binary(), st.binary())
def test_two_parts_are_put_together(first: bytes, second: bytes) -> None:
    extend = extender()
    assert combine(extend(0, first), extend(0, second), len(second)) == extend(0, first + second)
