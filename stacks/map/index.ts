export { type MapEdge, type MapPart, mapOf, type PlatformMap } from './model';
export { toPage } from './page';
export { toSvg } from './svg';
