export type { ExistingIstioProps } from './existing-istio';
export { Istio, type IstioProps } from './istio';
