# The evaluation image: what a pod, or `docker run`, starts to evaluate one model.
#
#   docker build -f evaluation.Dockerfile -t neurips/evaluation .                       with PyTorch: models on disk
#   docker build -f evaluation.Dockerfile -t neurips/evaluation:slim --target slim .    without: models behind an API
#
# `make image` gives the labels their values as well. docs/images.md says what is in it, how large it is, how to use it.
# BuildKit and the classic builder both build it, so it uses neither mounts nor heredocs. The classic builder makes
# every stage above the one that is asked for, which is why `slim` comes before anything that brings PyTorch.

FROM python:3.11-slim-bookworm AS base
ENV LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The standard library comes without byte code, and nobody may write it later.
RUN stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))') \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash -x '/(tests?|lib2to3|(site|dist)-packages)/' "$stdlib"

# What to install, as two lists of pinned versions. They are files, so that a change of pyproject.toml that asks for
# nothing new leaves every layer below as it is.
FROM base AS requirements
ARG UV_VERSION=0.13.9
ARG HATCHLING_VERSION=1.33.0
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --disable-pip-version-check --quiet \
        uv=="$UV_VERSION" hatchling=="$HATCHLING_VERSION"
ENV PATH=/opt/tools/bin:$PATH UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
WORKDIR /build
COPY pyproject.toml constraints.txt overrides.txt ./
RUN echo pytest >test.in \
    && printf '%s\n' "torch ; sys_platform == 'never'" "torchvision ; sys_platform == 'never'" >without-torch.txt \
    && resolve() { uv pip compile --quiet --no-header --no-annotate --extra evaluation --extra helm \
        --constraint constraints.txt --override overrides.txt "$@" pyproject.toml test.in; } \
    && resolve >all.txt \
    && resolve --override without-torch.txt >slim.txt \
    && grep -vxFf slim.txt all.txt >torch.txt

# Has a compiler, for packages that have no wheel for this machine.
FROM base AS compiler
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends gcc libc6-dev >/dev/null \
    && rm -rf /var/lib/apt/lists/*
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ENV PATH=/opt/tools/bin:$PATH UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH
COPY --from=requirements /opt/tools /opt/tools

FROM compiler AS build
COPY --from=requirements /build/slim.txt /build/
RUN uv venv --quiet --python "$(command -v python3)" /opt/venv \
    && uv pip install --quiet --python /opt/venv/bin/python --no-deps --compile-bytecode --requirement /build/slim.txt \
    && find /opt/venv -type d -name tests -prune -exec rm -rf {} + \
    && rm -f /opt/venv/.lock \
    && printf '%s\n' /opt/cajajejo /opt/torch >/opt/venv/lib/python3.11/site-packages/image.pth

FROM build AS code
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN uv build --quiet --wheel --no-build-isolation --python /opt/tools/bin/python --out-dir dist . \
    && uv pip install --quiet --python /opt/venv/bin/python --no-deps --compile-bytecode --target /opt/cajajejo dist/*.whl \
    && rm -f /opt/cajajejo/.lock

FROM base AS packages
# Any user may work there, and a volume is mounted over it.
RUN useradd --uid 1000 --user-group --no-create-home --home-dir /scratch --shell /bin/bash evaluation \
    && install --directory --mode 1777 /scratch
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:/opt/cajajejo/bin:$PATH USER=evaluation HOME=/scratch TMPDIR=/scratch/tmp \
    XDG_CACHE_HOME=/scratch/cache HF_HOME=/scratch/cache/huggingface
WORKDIR /app
ENTRYPOINT ["python3", "cli.py"]

# The finals take the code from here, so that there is no image whose tests have not passed.
FROM packages AS test
COPY --from=code /opt/cajajejo /opt/cajajejo
COPY jobs/evaluation /app
RUN chmod -R u=rwX,go=rX /app && python3 -m compileall -q --invalidation-mode unchecked-hash /app
USER evaluation
RUN python3 cli.py test

FROM packages AS slim
COPY --from=test /opt/cajajejo /opt/cajajejo
COPY --from=test /app /app
USER evaluation
ARG VERSION=unknown
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="cajajejo evaluation, without PyTorch" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$COMMIT"

# What PyTorch brings along, and nothing else: a layer on top of what `slim` has.
FROM compiler AS build-torch
COPY --from=requirements /build/torch.txt /build/
RUN uv pip install --quiet --python /opt/tools/bin/python --no-deps --compile-bytecode --target /opt/torch \
        --requirement /build/torch.txt \
    && find /opt/torch -type d -name tests -prune -exec rm -rf {} + \
    && rm -f /opt/torch/.lock

FROM packages AS packages-torch
COPY --from=build-torch /opt/torch /opt/torch
RUN python3 -c 'import torch, torchvision' && rm -rf /tmp/*

FROM packages-torch AS evaluation
COPY --from=test /opt/cajajejo /opt/cajajejo
COPY --from=test /app /app
USER evaluation
ARG VERSION=unknown
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="cajajejo evaluation" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$COMMIT"
