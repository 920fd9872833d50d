#!/usr/bin/env bash
# `kubectl` of the throw-away machine for docs/installing.md, where Podman takes the place of a cluster: the real program creates the
# Secrets and renders the manifests, and Podman runs the Deployment as one pod. Podman lacks fsGroup, so the pod has the group of its
# files, and a data folder that takes the owner of the image.
set -euo pipefail
cluster=/tmp/cluster
pod=alongside-pod-alongside
mkdir -p "$cluster"
case "$1 ${2:-}" in
  'create secret')
    /usr/bin/kubectl "$@" --dry-run=client --output yaml > "$cluster/secret-$4.yaml"
    echo "secret/$4 created" ;;
  'apply --kustomize')
    /usr/bin/kubectl kustomize "$3" > "$cluster/manifests.yaml"
    image=$(sed -n 's/^ *image: //p' "$cluster/manifests.yaml")
    podman tag alongside "$image"
    {
      cat "$cluster/secret-alongside.yaml"
      # Podman has no other kinds of these manifests.
      awk 'BEGIN { RS = "---\n" } /kind: (ConfigMap|Deployment)\n/ { printf "---\n%s", $0 }' "$cluster/manifests.yaml" |
        sed -z 's/replicas: 2/replicas: 1/; s/runAsGroup: 10001/runAsGroup: 0/; s/emptyDir:\n *medium: Memory\n *sizeLimit: 32Mi/emptyDir: {}/'
    } > "$cluster/pod.yaml"
    podman kube play "$cluster/pod.yaml" > /dev/null ;;
  'rollout status') until podman exec "$pod" alongside ready > /dev/null 2>&1; do sleep 0.5; done ;;
  'exec deployment/alongside') exec podman exec "$pod" "${@:4}" ;;
  'port-forward deployment/alongside')
    process=$(podman inspect --format '{{.State.Pid}}' "$pod")
    echo "Forwarding from 127.0.0.1:$3 -> $3"
    exec socat "TCP-LISTEN:$3,bind=127.0.0.1,fork" "EXEC:nsenter --target $process --net socat - TCP\:127.0.0.1\:$3" ;;
  *) echo "kubectl.sh does not know: $*"; exit 1 ;;
esac
