# After docs/installing.md has built the image: runs the Deployment of deploy/kubernetes with its ConfigMap and a Secret as a pod of
# Podman. Podman lacks fsGroup, so the pod has the group of its files, and a data folder that takes the owner of the image.
set -euo pipefail
docker run --detach --name pods-database --env POSTGRES_USER=alongside --env POSTGRES_DB=alongside \
  --env POSTGRES_PASSWORD_FILE=/password --volume /tmp/pods-password:/password:ro docker.io/library/postgres:17 > /dev/null
address=$(docker inspect --format '{{.NetworkSettings.IPAddress}}' pods-database)
until docker exec pods-database pg_isready --username alongside --host "$address" > /dev/null; do sleep 0.2; done
{
  cat << END
apiVersion: v1
kind: Secret
metadata: { name: alongside }
stringData:
  master.key: $(head -c 32 /dev/urandom | basenc --base64url -w 0)
  database: postgres://alongside:$(cat /tmp/pods-password)@$address/alongside
  smtp: smtps://alongside:PASSWORD@mail.internal
END
  for part in configuration deployment; do
    echo ---
    sed 's/replicas: 2/replicas: 1/; s/runAsGroup: 10001/runAsGroup: 0/; /^        - name: data$/{n;s/{.*}/{}/}' "/opt/alongside/deploy/kubernetes/$part.yaml"
  done
} > /tmp/pods.yaml
docker kube play /tmp/pods.yaml > /dev/null
pod=alongside-pod-alongside
until docker exec "$pod" alongside ready > /dev/null 2>&1; do sleep 0.5; done
docker exec "$pod" alongside admin invite --name 'Jo Example' | grep -q '^http://localhost:8400/invite/'
process=$(docker inspect --format '{{.State.Pid}}' "$pod")
for line in Uid:.10001.10001.10001.10001 CapEff:.0000000000000000 NoNewPrivs:.1 Seccomp:.2; do
  grep -q "^$line$" "/proc/$process/status" || { grep "^${line%%:*}" "/proc/$process/status"; exit 1; }
done
[ "$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}}' "$pod")" = true ]
# It drains for ALONGSIDE_DRAIN_DELAY, and ends without SIGKILL.
docker stop --time 70 "$pod" > /dev/null
[ "$(docker inspect --format '{{.State.ExitCode}}' "$pod")" = 0 ]
