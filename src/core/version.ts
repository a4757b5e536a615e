/** The release this is, as package.json has it: part of what every process of a deployment says of itself. */
export const sdkVersion = '0.1.0'
