# Prepares a throw-away copy of a machine for docs/installing.md: `docker` that is Podman, and images of PostgreSQL and HAProxy made
# of this machine's programs under the names that compose.yaml has, because there is no registry.
packages='buildah podman podman-compose runc aardvark-dns catatonit nftables tini haproxy postgresql kubernetes-client socat'
for program in buildah podman podman-compose runc /usr/lib/podman/aardvark-dns catatonit nft tini-static haproxy kubectl socat; do
  command -v "$program" > /dev/null || { echo "$program is missing: apt-get install --no-install-recommends $packages"; exit 1; }
done
mount -t sysfs sysfs /sys
mount -t tmpfs cgroups /sys/fs/cgroup
if grep -q '^[1-9]' /proc/self/cgroup; then # the controllers of a kernel with cgroups of version 1
  while IFS=: read -r _ controller _; do
    case $controller in '' | name=*) continue ;; esac
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
  done < /proc/self/cgroup
else
  umount /sys/fs/cgroup && mount -t cgroup2 cgroup /sys/fs/cgroup
fi
mkdir -p /var/lib/containers /etc/containers
mount -t tmpfs containers /var/lib/containers
cat > /etc/containers/containers.conf <<'END'
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[containers]
log_driver = "k8s-file"
END
printf '[storage]\ndriver = "overlay"\ngraphroot = "/var/lib/containers/storage"\nrunroot = "/run/containers"\n' > /etc/containers/storage.conf
export PODMAN_IGNORE_CGROUPSV1_WARNING=1 BUILDAH_FORMAT=docker

cat > /usr/local/bin/docker <<'END'
#!/usr/bin/env bash
set -euo pipefail
case "$1 ${2:-}" in
  'build '*) exec buildah build --isolation chroot --timestamp 0 "${@:2}" ;;
  'compose exec') exec podman-compose --no-ansi exec -T "${@:3}" ;;
  'compose up')
    # It knows no --wait.
    podman-compose --no-ansi up $(printf '%s\n' "${@:3}" | grep -vx -- --wait) > /tmp/compose.log 2>&1 || { cat /tmp/compose.log; exit 1; }
    for container in $(podman ps --quiet --filter name=alongside-); do podman wait --condition healthy "$container" > /dev/null; done ;;
  'compose '*) exec podman-compose --no-ansi "${@:2}" ;;
  *) exec podman "$@" ;;
esac
END
chmod 755 /usr/local/bin/docker

# Runs the health checks, as systemd does elsewhere.
while sleep 1; do
  for container in $(podman ps --quiet); do podman healthcheck run "$container" || true; done
done > /dev/null 2>&1 < /dev/null &

# image NAME FOLDER PROGRAM...: an image of the folder and of programs of this machine with their libraries; stdin: its Containerfile.
image() {
  local name=$1 root=$2/root
  mkdir -p "$root"/{tmp,etc,run} && chmod 1777 "$root/tmp"
  for program in "${@:3}"; do
    { echo "$program"; ldd "$program" | sed -nE 's/.* => (\/\S+) .*/\1/p; s/^\s*(\/\S+) .*/\1/p'; } | while read -r file; do
      mkdir -p "$root$(dirname "$file")" && cp -nL "$file" "$root$file"
    done
  done
  cat > "$2/Containerfile"
  docker build --quiet --tag "$name" "$2" > /tmp/build.log 2>&1 || { cat /tmp/build.log; return 1; }
}

for one in /usr/lib/postgresql/*/bin; do postgres=$one; done
database=/tmp/postgres
mkdir -p "$database/root"/{etc,bin,usr/share,usr/lib/postgresql,data}
cp -r "${postgres%/bin}" "$database/root/usr/lib/postgresql/"
cp -r /usr/share/postgresql /usr/share/zoneinfo "$database/root/usr/share/"
echo postgres:x:999:999::/:/bin/sh > "$database/root/etc/passwd"
cat > "$database/root/bin/entry" <<END
#!/bin/bash
# Like the entry of the official image, as far as compose.yaml uses it.
set -e
export PGDATA=/var/lib/postgresql/data
if [ ! -s "\$PGDATA/PG_VERSION" ]; then
  $postgres/initdb --username="\$POSTGRES_USER" --pwfile="\$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --no-locale --encoding=UTF8
  echo 'host all all all scram-sha-256' >> "\$PGDATA/pg_hba.conf"
  $postgres/postgres --single postgres <<< "CREATE DATABASE \$POSTGRES_DB"
fi
exec $postgres/postgres -c listen_addresses='*' -c unix_socket_directories=/tmp
END
chmod 755 "$database/root/bin/entry"
image docker.io/library/postgres:17 "$database" /bin/bash /bin/sh "$postgres"/{postgres,initdb,pg_isready} "$postgres"/../lib/*.so <<END
FROM scratch
COPY root/ /
COPY --chown=999:999 root/data/ /var/lib/postgresql/data/
ENV PATH=$postgres:/bin PGHOST=/tmp
USER 999:999
ENTRYPOINT ["/bin/entry"]
END
image docker.io/library/haproxy:3.0 /tmp/haproxy /usr/sbin/haproxy <<'END'
FROM scratch
COPY root/ /
USER 99:99
ENTRYPOINT ["/usr/sbin/haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
END

cp /opt/alongside/test/pages/kubectl.sh /usr/local/bin/kubectl && chmod 755 /usr/local/bin/kubectl
# The database of the cluster, with the password of the page. Pods have the hosts of this machine.
(umask 022 && echo PASSWORD > /tmp/cluster-password)
docker run --detach --name cluster-database --env POSTGRES_USER=alongside --env POSTGRES_DB=alongside \
  --env POSTGRES_PASSWORD_FILE=/password --volume /tmp/cluster-password:/password:ro docker.io/library/postgres:17 > /dev/null
echo "$(docker inspect --format '{{.NetworkSettings.IPAddress}}' cluster-database) postgres.internal" >> /etc/hosts

# The certificate of the page, of an authority that the servers are told of.
names='console.alongside.example api.alongside.example apis.alongside.example cis2.alongside.example cis.alongside.example'
echo "172.30.84.10 $names" >> /etc/hosts
cd /opt/alongside/deploy/compose
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Trial authority' \
  -keyout /tmp/authority.key -out authority.pem 2> /dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=alongside.example' -keyout privkey.pem -out /tmp/csr 2> /dev/null
printf 'subjectAltName=DNS:%s' "${names// /,DNS:}" > /tmp/san
openssl x509 -req -in /tmp/csr -CA authority.pem -CAkey /tmp/authority.key -days 30 -extfile /tmp/san -out fullchain.pem 2> /dev/null
chmod 644 authority.pem
cat > compose.override.yaml <<'END'
x-server: &server
  environment: { ALONGSIDE_TLS_AUTHORITY: /etc/authority.pem }
  volumes: ["./authority.pem:/etc/authority.pem:ro"]
services:
  alongside-1: *server
  alongside-2: *server
END
cp fullchain.pem privkey.pem /opt/alongside/
cd /opt/alongside
