# The image of web, worker and every `inlet` command. Built from a checkout; run with a read-only root and one volume.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN python -m venv --without-pip /opt/inlet \
    && pip wheel --no-cache-dir --no-deps --wheel-dir /wheel . \
    && pip --python /opt/inlet/bin/python install --no-cache-dir --constraint constraints.txt /wheel/*.whl

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin inlet \
    && install --directory --owner inlet --group inlet --mode 0700 /data
COPY --from=build /opt/inlet /opt/inlet
ENV PATH=/opt/inlet/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8025 \
    LOG_FORMAT=json
WORKDIR /data
VOLUME ["/data"]
USER 10001
EXPOSE 8025
# For the web process; a worker has no port and switches this off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["inlet"]
CMD ["serve"]
