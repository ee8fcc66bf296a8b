// nodemailer, formats: messages of mail, without sending them.
const nodemailer = require('nodemailer');

exports.lambda = async () => {
  const transport = nodemailer.createTransport({ jsonTransport: true });
  const sent = await transport.sendMail({ from: 'a@b.de', to: 'Ada <c@d.de>', subject: 'Hä', text: 'hello' });
  const message = JSON.parse(sent.message);
  return { 'addresses': [[message.to, sent.envelope], [[{ address: 'c@d.de', name: 'Ada' }], { from: 'a@b.de', to: ['c@d.de'] }]], 'subject': [message.subject, 'Hä'] };
};
