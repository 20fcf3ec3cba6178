export type { Member, TenantRole } from './members';
export { Profiles, type ProfilesProps } from './profiles';
export type { Quota } from './quota';
export { Profile } from './resources';
export { Tenant, type TenantProps } from './tenant';
