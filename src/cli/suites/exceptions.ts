/** Cases that contradict what is modelled (kube-proxy v1.30, IPv4), each with its reason. Key: folder and the case's id. */
export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([])
