import type { Construct } from 'constructs';
import type { SqlAccount, SqlAccountProps, SqlDatabase } from '../../components/roles';
import { Component, Endpoint, GeneratedSecret } from '../../constructs';

/** A database that is elsewhere: only the Secrets of its accounts are rendered. */
export class StubDatabase extends Component implements SqlDatabase {
  public readonly endpoint: Endpoint;

  /** What was asked for. */
  public readonly accounts: SqlAccountProps[] = [];

  constructor(scope: Construct, id = 'database') {
    super(scope, id, {}, 'databases');
    this.endpoint = new Endpoint('mysql', this.namespace, 3306);
    const reason = 'a database that tests do without';
    this.expectExisting({ kind: 'Service', group: '', namespace: this.namespace, name: 'mysql', reason });
  }

  public addAccount(scope: Construct, id: string, props: SqlAccountProps): SqlAccount {
    this.accounts.push(props);
    const secret = new GeneratedSecret(scope, id, {
      name: props.secretName,
      namespace: props.namespace,
      keys: { username: { plain: props.name }, password: { random: 32 } },
    });
    return { secretName: secret.name, username: secret.key('username'), password: secret.key('password') };
  }
}
