export { NvidiaDevicePlugin, type NvidiaDevicePluginProps } from './nvidia-device-plugin';
export { release } from './release';
