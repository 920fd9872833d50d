# After docs/installing.md has run the Deployment: the forwarded console answers, the process is confined, and the pod drains.
set -euo pipefail
pod=alongside-pod-alongside
docker exec "$pod" alongside admin invite --name 'Jo Example' --json > /tmp/invitation.json
invitation=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' /tmp/invitation.json)
[[ $invitation == http://localhost:8400/invite/* ]]
curl --silent --show-error --fail --output /dev/null "$invitation"
process=$(docker inspect --format '{{.State.Pid}}' "$pod")
for line in Uid:.10001.10001.10001.10001 CapEff:.0000000000000000 NoNewPrivs:.1 Seccomp:.2; do
  grep -q "^$line$" "/proc/$process/status" || { grep "^${line%%:*}" "/proc/$process/status"; exit 1; }
done
[ "$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}}' "$pod")" = true ]
# It drains for ALONGSIDE_DRAIN_DELAY, and ends without SIGKILL.
docker stop --time 70 "$pod" > /dev/null
[ "$(docker inspect --format '{{.State.ExitCode}}' "$pod")" = 0 ]
