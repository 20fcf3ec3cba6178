import type { Construct } from 'constructs';
import type { Endpoint, Handle, SecretKey } from '../../constructs';

/** A user of a database server, and where its password is kept. */
export interface SqlAccount {
  /** Secret with `username` and `password`. */
  readonly secretName: string;
  readonly username: SecretKey;
  readonly password: SecretKey;
}

/** A user to be made, with databases of its own. */
export interface SqlAccountProps {
  /** The user: 1 to 32 lower-case letters, digits, `_` and `-`, unique in the server. */
  readonly name: string;

  /**
   * Databases that are made for it, and in which it may do everything: 1 to 64 lower-case letters, digits and `_` each;
   * at least one, and none that another account has.
   */
  readonly databases: readonly string[];

  /** Where the Secret is, and the pods that connect. */
  readonly namespace: string;

  /** Secret with `username` and `password`. */
  readonly secretName: string;
}

/** Keeps rows: the MySQL protocol, as pipelines, metadata, tuning and the model registry speak it. */
export interface SqlDatabase extends Handle {
  readonly endpoint: Endpoint;

  /**
   * Makes a user with a generated password in a Secret of `namespace`, rendered below `scope`, and lets the pods of that
   * namespace in. Nobody but the server holds the password of its root. The user reaches its own databases and no others.
   */
  addAccount(scope: Construct, id: string, props: SqlAccountProps): SqlAccount;
}
