import { type Environment, type Found, firstOf, type ResourceSources } from "./resource-sources.js";

const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/** The kubelet writes this first line into `/etc/hosts` of a pod that shares its node's network. */
const HOST_NETWORK = "# Kubernetes-managed hosts file (host network)";

/**
 * `<deployment>-<template hash>-<5 characters>`: the hash is a number written in these ten characters,
 * and one letter at least, which tells it from the minute that ends the name of a CronJob's job.
 */
const OF_DEPLOYMENT = /^(.+)-(?=[4-9]*[bcdf])[4-9bcdf]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/**
 * The pod this process runs in, from the downward API where the manifest passes it on, else from what
 * every pod has: its host name and the namespace of its service account.
 */
export function kubernetes({ env, readFile, hostname }: ResourceSources): Found {
  if (firstOf(env, "KUBERNETES_SERVICE_HOST") === undefined) return {};
  const pod = firstOf(env, "K8S_POD_NAME", "POD_NAME") ?? podOf(env, readFile, hostname);
  return {
    "k8s.pod.name": pod,
    "k8s.namespace.name":
      firstOf(env, "K8S_NAMESPACE_NAME", "K8S_POD_NAMESPACE", "POD_NAMESPACE") ??
      readFile(NAMESPACE_FILE),
    "k8s.node.name": firstOf(env, "K8S_NODE_NAME", "NODE_NAME"),
    "k8s.deployment.name":
      firstOf(env, "K8S_DEPLOYMENT_NAME") ?? OF_DEPLOYMENT.exec(pod ?? "")?.[1],
  };
}

/** The host name is the pod's, unless the pod goes by its node's. */
function podOf(
  env: Environment,
  readFile: ResourceSources["readFile"],
  hostname: ResourceSources["hostname"],
): string | undefined {
  if (readFile("/etc/hosts")?.startsWith(HOST_NETWORK)) return undefined;
  return firstOf(env, "HOSTNAME") ?? hostname();
}
