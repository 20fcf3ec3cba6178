// The client's image holds a shell and little else, so the scripts need no other program than `mc` and `sleep`. Keys are
// read from files and go to mc by its environment or standard input, never by arguments and never to the output. Running
// a script again changes nothing.
const connect = `#!/bin/sh
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

read_key "$ROOT_KEY_DIR/rootUser"
user=$key
read_key "$ROOT_KEY_DIR/rootPassword"
MC_HOST_store="$MINIO_SCHEME://$user:$key@$MINIO_ENDPOINT:$MINIO_PORT"
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
`;

/** Brings all buckets to their declared state: `CONFIG_DIR` holds the list, and a file for each that has rules. */
export const bucketsScript = `${connect}
[ -r "$CONFIG_DIR/buckets" ] || fail "the declaration $CONFIG_DIR/buckets is missing"
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
printf 'done\\n'
`;

/**
 * Brings one identity to its declared state: user, key, and a policy that nobody has widened. The prefix of the policy's
 * name marks it, and with it the user, as made here.
 */
export const identityScript = `${connect}
read_key "$IDENTITY_KEY_DIR/secretKey"
secret=$key
policy=flowyard-$IDENTITY
printf '%s\\n' "$POLICY" >"$HOME/policy.json"
mc admin policy create store "$policy" "$HOME/policy.json" >/dev/null
printf '%s\\n%s\\n' "$IDENTITY" "$secret" | mc admin user add store >/dev/null
account=$(mc --json admin user info store "$IDENTITY")
attached=
case $account in
  *'"policyName":"'*)
    attached=\${account#*'"policyName":"'}
    attached=\${attached%%'"'*}
    ;;
esac
case ,$attached, in
  *",$policy,"*) ;;
  *) mc admin policy attach store "$policy" --user "$IDENTITY" >/dev/null ;;
esac
while [ -n "$attached" ]; do
  other=\${attached%%,*}
  case $attached in
    *,*) attached=\${attached#*,} ;;
    *) attached= ;;
  esac
  [ "$other" = "$policy" ] || mc admin policy detach store "$other" --user "$IDENTITY" >/dev/null
done
printf 'identity %s: ready\\n' "$IDENTITY"
`;

/**
 * Removes the identities that are no longer declared. One that has just been added is safe: what is there is asked for
 * first, and the list read when the node has certainly seen its last change.
 */
export const sweepScript = `${connect}
list=$CONFIG_DIR/identities
policies=$(mc admin policy list store)
sleep "$GRACE_SECONDS"
[ -r "$list" ] || fail "the declaration $list is missing"
declared=' '
while read -r name; do declared="$declared$name "; done <"$list"
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
