// ipaddr.js, http: addresses and their ranges.
const ipaddr = require('ipaddr.js');

exports.lambda = async () => ({
  'ranges': [['10.0.0.1', '8.8.8.8', '::1', 'fe80::1'].map((text) => ipaddr.parse(text).range()), ['private', 'unicast', 'loopback', 'linkLocal']],
  'networks': [ipaddr.parse('192.168.1.7').match(ipaddr.parseCIDR('192.168.0.0/16')), true],
  'forms': [[ipaddr.parse('2001:db8:0:0:0:0:0:1').toString(), ipaddr.process('::ffff:1.2.3.4').toString()], ['2001:db8::1', '1.2.3.4']],
});
