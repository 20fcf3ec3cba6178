/** A user, and the databases that are its own. */
export interface DeclaredAccount {
  readonly name: string;
  readonly databases: readonly string[];
}

/** Name of the script among the files. */
export const scriptName = 'provision.sh';

/**
 * The files that the provisioning reads: the script, and a line for each account: its name, and each database as it is
 * called and as a grant writes it, where an underscore would stand for any letter. The order of the list does not matter.
 */
export function provisioningFiles(accounts: readonly DeclaredAccount[]): Record<string, string> {
  const sorted = [...accounts].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map(({ name, databases }) => {
    const pairs = [...databases].sort().map(database => `${database}:${database.replaceAll('_', '\\_')}`);
    return `${[name, ...pairs].join(' ')}\n`;
  });
  return { [scriptName]: script, accounts: lines.join('') };
}

// Names and passwords are of characters that SQL and the shell take as they are.
const script = `#!/bin/bash
# Brings the server to its declared state: a user for each account, its password, its databases, its rights. Running it
# again changes nothing. Users that are no longer declared are locked; no data is ever dropped. Passwords are read from
# files and go to the server by standard input, never by arguments and never to the output.
set -euf

fail() {
  printf 'provisioning failed: %s\\n' "$1" >&2
  exit 1
}

# Puts a file into 'password'.
read_password() {
  [ -r "$1" ] || fail "the password file $1 is missing"
  password=$(<"$1")
  case $password in
    '') fail "the password file $1 is empty" ;;
    *[!A-Za-z0-9]*) fail "the password in $1 has characters other than letters and digits" ;;
  esac
}

sql() {
  mysql --host="$MYSQL_HOST" --port="$MYSQL_PORT" --user=root --batch --raw --skip-column-names
}

[ -r "$CONFIG_DIR/accounts" ] || fail "the declaration $CONFIG_DIR/accounts is missing"
read_password "$ROOT_PASSWORD_FILE"
export MYSQL_PWD=$password

waited=0
until answer=$(sql <<<'SELECT 1' 2>&1); do
  case $answer in *'Access denied'*) fail "the server does not take the password of root" ;; esac
  [ "$waited" -lt "$WAIT_SECONDS" ] || fail "no answer from $MYSQL_HOST:$MYSQL_PORT within $WAIT_SECONDS s: $answer"
  sleep 1
  waited=$((waited + 1))
done

sql <<'SQL'
CREATE DATABASE IF NOT EXISTS flowyard;
CREATE TABLE IF NOT EXISTS flowyard.accounts (name VARCHAR(32) PRIMARY KEY);
SQL

declared=' '
while read -r name databases <&3; do
  declared="$declared$name "
  read_password "$ACCOUNT_PASSWORD_DIR/$name"
  patterns=' '
  {
    printf "CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s';\\n" "$name" "$password"
    printf "ALTER USER '%s'@'%%' IDENTIFIED BY '%s' ACCOUNT UNLOCK;\\n" "$name" "$password"
    printf "REPLACE INTO flowyard.accounts VALUES ('%s');\\n" "$name"
    for each in $databases; do
      printf 'CREATE DATABASE IF NOT EXISTS \`%s\`;\\n' "\${each%%:*}"
      printf 'GRANT ALL PRIVILEGES ON \`%s\`.* TO ' "\${each#*:}"
      printf "'%s'@'%%';\\n" "$name"
    done
  } | sql
  for each in $databases; do patterns="$patterns\${each#*:} "; done
  for pattern in $(sql <<<"SELECT Db FROM mysql.db WHERE User = '$name' AND Host = '%'"); do
    case $patterns in *" $pattern "*) continue ;; esac
    {
      printf 'REVOKE ALL PRIVILEGES ON \`%s\`.* FROM ' "$pattern"
      printf "'%s'@'%%';\\n" "$name"
    } | sql
  done
  printf 'account %s: ready\\n' "$name"
done 3<"$CONFIG_DIR/accounts"

for name in $(sql <<<'SELECT name FROM flowyard.accounts'); do
  case $declared in *" $name "*) continue ;; esac
  printf "ALTER USER IF EXISTS '%s'@'%%' ACCOUNT LOCK;\\n" "$name" | sql
  printf 'account %s: locked\\n' "$name"
done
printf 'done\\n'
`;
