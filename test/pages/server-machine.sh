# Prepares a throw-away copy of a machine for docs/server.md: a running PostgreSQL, and a stand-in for systemd, which cannot run there.
for one in /usr/lib/postgresql/*/bin; do postgres=$one; done
install -d -o postgres /run/postgresql /tmp/cluster
runuser -u postgres -- "$postgres/initdb" --pgdata=/tmp/cluster --auth-local=peer --auth-host=scram-sha-256 --no-sync > /tmp/initdb.log
runuser -u postgres -- "$postgres/pg_ctl" start --wait --pgdata=/tmp/cluster --log=/tmp/cluster/log \
  --options='-k /run/postgresql -c listen_addresses=localhost -c fsync=off' > /tmp/pg_ctl.log

cat > /usr/local/sbin/systemctl <<'END'
#!/usr/bin/env bash
# Starts and stops the service of a unit as systemd would: as its user, without capabilities, on a read-only file system.
set -euo pipefail
name=${*: -1} unit=/etc/systemd/system/${*: -1}.service pid=/run/${*: -1}.pid
setting() { sed -n "s/^$1=//p" "$unit" | tail -1; }
start() {
  local state=/var/lib/$(setting StateDirectory)
  install -d -m "$(setting StateDirectoryMode)" -o "$(setting User)" "$state"
  unshare --mount bash -c "mount --bind '$state' '$state' && mount -o remount,bind,ro / && mount -t tmpfs tmp /tmp &&
    exec setpriv --reuid '$(setting User)' --regid '$(setting User)' --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
      env -i PATH=$PATH HOME='$state' $(setting Environment) $(setting ExecStart)" > "/run/$name.log" 2>&1 < /dev/null &
  echo $! > "$pid"
}
stop() {
  kill -TERM "$(cat "$pid")"
  tail --pid="$(cat "$pid")" -f /dev/null
}
case $1 in
  daemon-reload) ;;
  enable | start) start ;;
  restart) stop && start ;;
  stop) stop ;;
  *) exit 1 ;;
esac
END
chmod 755 /usr/local/sbin/systemctl
