// User guide, "Hello World". As the guide has it.
function lambda(input, callback) {   callback(null,`Hello World`);}
