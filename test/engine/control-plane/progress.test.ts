import { Estimate } from '../../../engine/control-plane/progress';

const BUILDS = { etcd: 50, kubernetes: 480, kwok: 240 };

test('starts from the measured seconds, scaled to the cores', () => {
  expect(new Estimate(BUILDS, 2).remainingSeconds(0)).toBe(770);
  expect(new Estimate(BUILDS, 4).remainingSeconds(0)).toBe(385);
  expect(new Estimate(BUILDS, 64).remainingSeconds(0)).toBe(193);
});

test('counts down while a build runs', () => {
  const estimate = new Estimate(BUILDS, 2);
  estimate.start('etcd', 100);

  expect(estimate.remainingSeconds(120)).toBe(750);
});

test('rescales what is left by the builds that ended', () => {
  const estimate = new Estimate(BUILDS, 2);
  estimate.start('etcd', 0);
  estimate.finish(100);

  expect(estimate.remainingSeconds(100)).toBe(1440);
});

test('an overdue build never claims to be done, and slows down the rest', () => {
  const estimate = new Estimate(BUILDS, 2);
  estimate.start('etcd', 0);

  expect(estimate.remainingSeconds(100)).toBe(10 + 2 * 720);
});

test('a build that was not needed says nothing about speed', () => {
  const estimate = new Estimate(BUILDS, 2);
  estimate.start('etcd', 0);
  estimate.drop('etcd');

  expect(estimate.remainingSeconds(1)).toBe(720);
});
