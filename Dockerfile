# The fake as a container:  docker build -t sampan .  &&  docker run --rm -p 8091:8091 sampan
FROM python:3.13-slim AS build
WORKDIR /src
# EXTRAS=[postgres] for --data postgresql://…
ARG EXTRAS=""
COPY pyproject.toml README.md LICENSE ./
COPY sampan sampan
COPY fake_server fake_server
COPY conformance conformance
COPY openapi openapi
RUN python -m venv /opt/sampan \
    && /opt/sampan/bin/pip install --no-cache-dir --disable-pip-version-check ".$EXTRAS"

FROM python:3.13-slim
# The folder for --data. The user can write nowhere else.
RUN useradd --system --uid 10001 --no-create-home sampan \
    && install --directory --owner=sampan --group=sampan /data
COPY --from=build /opt/sampan /opt/sampan
ENV PATH=/opt/sampan/bin:$PATH PYTHONUNBUFFERED=1
USER sampan
WORKDIR /data
VOLUME /data
EXPOSE 8091
# Arguments after the image's name on `docker run` are appended:  sampan --job-seconds 0.5
# Picture links start with the request's Host header; --external-url overrides it.
# Requests to a container do not come over loopback, so /__admin requires the token (--admin-token, or
# the one printed at startup). Health and readiness don't.
ENTRYPOINT ["sampan", "serve", "--host", "0.0.0.0", "--port", "8091"]
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8091/__admin/ready', timeout=2)"]
