import { DestinationRule } from './destination-rule';
import { EnvoyFilter } from './envoy-filter';
import { TrafficExtension, WasmPlugin } from './extensions';
import { Gateway } from './gateway';
import { ProxyConfig } from './proxy-config';
import { AuthorizationPolicy, PeerAuthentication, RequestAuthentication } from './security';
import { ServiceEntry, WorkloadEntry, WorkloadGroup } from './service-entry';
import { Sidecar } from './sidecar';
import { Telemetry } from './telemetry';
import { VirtualService } from './virtual-service';

export {
  AuthorizationPolicy,
  DestinationRule,
  EnvoyFilter,
  Gateway,
  PeerAuthentication,
  ProxyConfig,
  RequestAuthentication,
  ServiceEntry,
  Sidecar,
  Telemetry,
  TrafficExtension,
  VirtualService,
  WasmPlugin,
  WorkloadEntry,
  WorkloadGroup,
};

/** All kinds of the mesh. */
export const istioKinds = [
  AuthorizationPolicy,
  DestinationRule,
  EnvoyFilter,
  Gateway,
  PeerAuthentication,
  ProxyConfig,
  RequestAuthentication,
  ServiceEntry,
  Sidecar,
  Telemetry,
  TrafficExtension,
  VirtualService,
  WasmPlugin,
  WorkloadEntry,
  WorkloadGroup,
] as const;
