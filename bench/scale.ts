import { defineEnvironment, type Environment, loadEnvironment } from '../environments';

const local = loadEnvironment('local');

/** Objects of one tenant, and of the platform without tenants, as the local environment renders them. */
const PER_TENANT = 14;
const BASE = 99;

/** The local platform with as many tenants as it takes to render about so many objects. */
export function environmentOf(objects: number): Environment {
  return withTenants(Math.max(1, Math.round((objects - BASE) / PER_TENANT)));
}

/** The local platform with so many tenants. */
export function withTenants(count: number): Environment {
  const tenants = Array.from({ length: count }, (_, at) => ({
    name: `team-${at}`,
    owner: `owner-${at}@example.com`,
    members: [{ user: `member-${at}@example.com`, role: 'edit' as const }],
    quota: { cpu: '16', memory: '64Gi', storage: '200Gi' },
  }));
  return defineEnvironment({ ...local, tenants });
}
