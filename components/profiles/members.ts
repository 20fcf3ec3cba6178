/** What a member may do: `edit` runs and changes things, `view` reads. */
export type TenantRole = 'edit' | 'view';

/** Somebody beside the owner. */
export interface Member {
  /** E-mail address under which the identity provider knows the person. */
  readonly user: string;
  readonly role: TenantRole;
}

/**
 * Name that upstream's access-management API gives a contributor's binding: characters that names cannot hold become
 * one hyphen each run.
 */
export function bindingName(user: string, role: TenantRole): string {
  return `user-${user.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-clusterrole-${role}`;
}
