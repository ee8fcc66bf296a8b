// What does oauth-1.0a have?

import text from '/node_modules/oauth-1.0a/oauth-1.0a.d.ts?raw';

export default { '/node_modules/oauth-1.0a/index.d.ts': text };
