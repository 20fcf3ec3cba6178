// Commands go to the administration shell by standard input, never by arguments. It prints the identities with their keys,
// so that what it says is kept from the output, and it does not tell by its exit status whether a command has worked, so
// that the state is read again. Running a script again changes nothing.
const connect = `#!/bin/sh
set -euf

fail() {
  printf 'provisioning failed: %s\\n' "$1" >&2
  exit 1
}

# Says what is read from standard input to the administration shell, and prints what it answers.
admin() {
  weed shell -master="$MASTER" 2>/dev/null || true
}

# The shell itself waits without an end.
printf 's3.bucket.list\\n' | admin >/dev/null &
ready=$!
waited=0
while kill -0 "$ready" 2>/dev/null; do
  if [ "$waited" -ge "$WAIT_SECONDS" ]; then
    kill "$ready"
    fail "no answer from $MASTER within $WAIT_SECONDS s"
  fi
  sleep 1
  waited=$((waited + 1))
done

# Puts what stands between quotes after a field's name into 'value'; fails when the line has no such field.
field() {
  case $2 in *"\\"$1\\":"*) ;; *) return 1 ;; esac
  value=\${2#*"\\"$1\\":"}
  value=\${value#*'"'}
  value=\${value%%'"'*}
}
`;

/** Makes buckets, and has objects below some prefixes expire: `CONFIG_DIR` holds both lists. */
export const bucketsScript = `${connect}
for list in buckets expiry; do
  [ -r "$CONFIG_DIR/$list" ] || fail "the declaration $CONFIG_DIR/$list is missing"
done
has_bucket() {
  printf 's3.bucket.list\\n' | admin | while read -r name _; do
    [ "$name" != "$1" ] || printf 'found'
  done
}
locations() {
  printf 'fs.configure\\n' | admin | while read -r line; do
    field locationPrefix "$line" || continue
    printf '%s\\n' "$value"
  done
}

while read -r bucket <&3; do
  [ -n "$(has_bucket "$bucket")" ] || printf 's3.bucket.create -name %s\\n' "$bucket" | admin >/dev/null
  [ -n "$(has_bucket "$bucket")" ] || fail "bucket $bucket was not made"
  for location in $(locations); do
    case $location in "/buckets/$bucket/"*) ;; *) continue ;; esac
    kept=
    while read -r prefix _; do [ "$prefix" != "$location" ] || kept=1; done <"$CONFIG_DIR/expiry"
    [ -n "$kept" ] || printf 'fs.configure -locationPrefix=%s -delete -apply\\n' "$location" | admin >/dev/null
  done
  printf 'bucket %s: ready\\n' "$bucket"
done 3<"$CONFIG_DIR/buckets"

while read -r prefix days <&3; do
  printf 'fs.configure -locationPrefix=%s -ttl=%sd -apply\\n' "$prefix" "$days" | admin >/dev/null
done 3<"$CONFIG_DIR/expiry"
printf 'done\\n'
`;

/** Makes one user anew, so that it has the given key and rights and no others. Its name marks it as made here. */
export const identityScript = `${connect}
file=$IDENTITY_KEY_DIR/secretKey
[ -r "$file" ] || fail "the key file $file is missing"
key=
IFS= read -r key <"$file" || [ -n "$key" ] || fail "the key file $file is empty"
[ -n "$key" ] || fail "the key file $file is empty"
user=flowyard-$IDENTITY

printf '%s\\n' \\
  "s3.configure -user $user -delete -apply" \\
  "s3.configure -user $user -access_key $IDENTITY -secret_key $key -actions $ACTIONS -apply" | admin >/dev/null
state=$(printf 's3.configure\\n' | admin)
case $state in *"\\"$user\\""*"\\"$key\\""*) ;; *) fail "identity $IDENTITY was not made" ;; esac
printf 'identity %s: ready\\n' "$IDENTITY"
`;

/**
 * Removes the users that are no longer declared. One that has just been added is safe: who is there is asked for first,
 * and the list read when the node has certainly seen its last change.
 */
export const sweepScript = `${connect}
list=$CONFIG_DIR/identities
users=$(
  printf 's3.configure\\n' | admin | while read -r line; do
    field name "$line" || continue
    case $value in flowyard-*) printf '%s\\n' "$value" ;; esac
  done
)
sleep "$GRACE_SECONDS"
[ -r "$list" ] || fail "the declaration $list is missing"
declared=' '
while read -r name; do declared="$declared$name "; done <"$list"
for user in $users; do
  name=\${user#flowyard-}
  case $declared in *" $name "*) continue ;; esac
  printf 's3.configure -user %s -delete -apply\\n' "$user" | admin >/dev/null
  printf 'identity %s: removed\\n' "$name"
done
printf 'done\\n'
`;
