import { putToTheTest } from './suite';

const points = Number(process.env.FLOWYARD_POINTS ?? 40);
putToTheTest(`test-claims-${process.pid}`, {
  sequences: Math.ceil(points * 1.25),
  kills: points,
  phases: ['install', 'update', 'destroy'],
  rounds: Math.ceil(points * 0.75),
});
