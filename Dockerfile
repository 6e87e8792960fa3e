# The gateway as an image: configuration in /etc/hoopterm, state in /var/lib/hoopterm, control socket in /run/hoopterm.
FROM python:3.11-slim

WORKDIR /opt/hoopterm
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY engine ./engine
COPY hoopterm ./hoopterm
COPY replay ./replay
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --home-dir /var/lib/hoopterm --create-home hoopterm \
    && install -d -o hoopterm -m 0711 /run/hoopterm /etc/hoopterm

USER hoopterm
VOLUME ["/var/lib/hoopterm"]
EXPOSE 15432
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s CMD test -S /run/hoopterm/control.sock
ENTRYPOINT ["hoopterm"]
CMD ["engine", "run", "--config", "/etc/hoopterm"]
