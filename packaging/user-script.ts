import * as interlock from "@interlock-run/interlock";

console.log(`the way was walked: ${Object.keys(interlock).length} names`);
