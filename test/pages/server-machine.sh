# Prepares a throw-away copy of a machine for docs/server.md: a running PostgreSQL.
for one in /usr/lib/postgresql/*/bin; do postgres=$one; done
install -d -o postgres /run/postgresql /tmp/cluster
runuser -u postgres -- "$postgres/initdb" --pgdata=/tmp/cluster --auth-local=peer --auth-host=scram-sha-256 --no-sync > /tmp/initdb.log
runuser -u postgres -- "$postgres/pg_ctl" start --wait --pgdata=/tmp/cluster --log=/tmp/cluster/log \
  --options='-k /run/postgresql -c listen_addresses=localhost -c fsync=off' > /tmp/pg_ctl.log
