/** 64 hexadecimal digits; on Fargate 32 and a number. */
const ID = /([0-9a-f]{64}|[0-9a-f]{32}-[0-9]{6,12})(?:\.scope)?$/;

/** What Docker, containerd and Podman mount from the directory of the container itself. */
const OWN_FILES = new Set(["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"]);
const OWN_DIRECTORY = /\/(?:overlay-)?containers\/([0-9a-f]{64})\//;

/**
 * The id of the container this process lives in; undefined where it cannot be told.
 *
 * Control groups of version 1 carry it in their path; under version 2 with a namespace the path is `/`
 * and only the files that the runtime mounts tell it. A kubelet mounts those from the sandbox, whose id
 * is another: there it stays unknown.
 */
export function containerId(readFile: (path: string) => string | undefined): string | undefined {
  const groups = readFile("/proc/self/cgroup");
  if (groups === undefined) return undefined;
  return idInGroups(groups) ?? idInMounts(readFile("/proc/self/mountinfo") ?? "");
}

/** `hierarchy:controllers:path`; of nested containers the innermost, which comes last. */
function idInGroups(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const path = line.slice(line.indexOf(":", line.indexOf(":") + 1) + 1);
    for (const part of path.split(/[/:]/).reverse()) {
      const id = ID.exec(part)?.[1];
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

/** `id parent major:minor root mount-point …`: only what is mounted over this container's own files. */
function idInMounts(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, , , root, point] = line.split(" ", 5);
    if (!OWN_FILES.has(point)) continue;
    const id = OWN_DIRECTORY.exec(root)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}
