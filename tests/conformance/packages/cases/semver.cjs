// semver, parsers: versions and their ranges.
const semver = require('semver');

exports.lambda = async () => ({
  'ranges': [['1.2.9', '1.3.0', '2.0.0-beta'].map((version) => semver.satisfies(version, '~1.2.3 || >=1.3 <2')), [true, true, false]],
  'order': [semver.sort(['1.10.0', '1.2.0', '1.2.0-rc.1', '1.2.0-rc.10', '1.2.0-rc.2']), ['1.2.0-rc.1', '1.2.0-rc.2', '1.2.0-rc.10', '1.2.0', '1.10.0']],
  'increments': [semver.inc('1.2.3', 'prerelease', 'beta'), '1.2.4-beta.0'],
  'coerces': [semver.coerce('v2.3-x').version, '2.3.0'],
  'the least': [semver.minVersion('^1.2 || ^3').version, '1.2.0'],
});
