import type { Bucket, StoreGrant } from '../roles';
import { lifecycleConfiguration } from './bucket';
import { policyDocument } from './policy';

/** What the store is brought to. */
export interface Declaration {
  readonly buckets: readonly Bucket[];
  readonly identities: readonly { readonly name: string; readonly grants: readonly StoreGrant[] }[];
}

/** The files that the provisioning reads: the script, and what it brings about. The order of the lists does not matter. */
export function provisioningFiles({ buckets, identities }: Declaration): Record<string, string> {
  const sortedBuckets = [...buckets].sort(byName);
  const sortedIdentities = [...identities].sort(byName);
  const files: Record<string, string> = {
    [scriptName]: script,
    buckets: lines(sortedBuckets.map(({ name, versioning }) => `${name} ${versioning ? 'versioned' : 'plain'}`)),
    identities: lines(sortedIdentities.map(({ name }) => name)),
  };
  for (const bucket of sortedBuckets) {
    const lifecycle = lifecycleConfiguration(bucket);
    if (lifecycle) files[`lifecycle.${bucket.name}.json`] = json(lifecycle);
  }
  for (const { name, grants } of sortedIdentities) files[`policy.${name}.json`] = json(policyDocument(grants));
  return files;
}

/** Name of the script among the files. */
export const scriptName = 'provision.sh';

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function lines(items: string[]): string {
  return items.map(item => `${item}\n`).join('');
}

function json(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

// The client's image holds a shell and little else, so the script needs no other program than `mc` and `sleep`.
const script = `#!/bin/sh
# Brings the object store to its declared state: buckets, their settings, and one user and one policy per identity.
# Running it again changes nothing. Keys are read from files and go to mc by its environment or standard input, never
# by arguments and never to the output.
set -euf

fail() {
  printf 'provisioning failed: %s\\n' "$1" >&2
  exit 1
}

# Puts the first line of a file into 'key'.
read_key() {
  [ -r "$1" ] || fail "the key file $1 is missing"
  key=
  IFS= read -r key <"$1" || [ -n "$key" ] || fail "the key file $1 is empty"
  [ -n "$key" ] || fail "the key file $1 is empty"
}

for file in buckets identities; do
  [ -r "$CONFIG_DIR/$file" ] || fail "the declaration $CONFIG_DIR/$file is missing"
done
read_key "$ROOT_KEY_DIR/rootUser"
user=$key
read_key "$ROOT_KEY_DIR/rootPassword"
MC_HOST_store="http://$user:$key@$MINIO_ENDPOINT:$MINIO_PORT"
export MC_HOST_store

# mc itself waits without an end, and says so every few seconds.
mc ready store >/dev/null &
ready=$!
waited=0
while kill -0 "$ready" 2>/dev/null; do
  if [ "$waited" -ge "$WAIT_SECONDS" ]; then
    kill "$ready"
    fail "no answer from $MINIO_ENDPOINT:$MINIO_PORT within $WAIT_SECONDS s"
  fi
  sleep 1
  waited=$((waited + 1))
done
wait "$ready" || fail "mc could not ask $MINIO_ENDPOINT:$MINIO_PORT whether it is ready"

while read -r bucket kind <&3; do
  target=store/$bucket
  mc mb --ignore-existing --region "$REGION" "$target" >/dev/null
  mc anonymous set none "$target" >/dev/null
  state=$(mc version info "$target")
  case $kind:$state in
    versioned:*'is enabled'*) ;;
    versioned:*) mc version enable "$target" >/dev/null ;;
    plain:*'is enabled'*) mc version suspend "$target" >/dev/null ;;
  esac
  rules=$CONFIG_DIR/lifecycle.$bucket.json
  if [ -r "$rules" ]; then
    mc ilm rule import "$target" <"$rules" >/dev/null
  elif found=$(mc ilm rule export "$target" 2>&1); then
    mc ilm rule remove --all --force "$target" >/dev/null
  else
    case $found in
      *'does not exist'*) ;;
      *) fail "the lifecycle of bucket $bucket cannot be read: $found" ;;
    esac
  fi
  printf 'bucket %s: ready\\n' "$bucket"
done 3<"$CONFIG_DIR/buckets"

# The prefix marks policies, and with them users, as made here. A policy comes before its user and goes after it.
declared=' '
while read -r name <&3; do
  declared="$declared$name "
  policy=flowyard-$name
  mc admin policy create store "$policy" "$CONFIG_DIR/policy.$name.json" >/dev/null
  read_key "$IDENTITY_KEY_DIR/$name"
  printf '%s\\n%s\\n' "$name" "$key" | mc admin user add store >/dev/null
  account=$(mc --json admin user info store "$name")
  attached=
  case $account in
    *'"policyName":"'*)
      attached=\${account#*'"policyName":"'}
      attached=\${attached%%'"'*}
      ;;
  esac
  case ,$attached, in
    *",$policy,"*) ;;
    *) mc admin policy attach store "$policy" --user "$name" >/dev/null ;;
  esac
  while [ -n "$attached" ]; do
    other=\${attached%%,*}
    case $attached in
      *,*) attached=\${attached#*,} ;;
      *) attached= ;;
    esac
    [ "$other" = "$policy" ] || mc admin policy detach store "$other" --user "$name" >/dev/null
  done
  printf 'identity %s: ready\\n' "$name"
done 3<"$CONFIG_DIR/identities"

policies=$(mc admin policy list store)
for policy in $policies; do
  name=\${policy#flowyard-}
  [ "$name" != "$policy" ] || continue
  case $declared in *" $name "*) continue ;; esac
  if mc admin user info store "$name" >/dev/null 2>&1; then
    mc admin user remove store "$name" >/dev/null
  fi
  mc admin policy remove store "$policy" >/dev/null
  printf 'identity %s: removed\\n' "$name"
done
printf 'done\\n'
`;
