import { describe, expect, it } from "vitest";
import { detectResource } from "../../src/snapshot/detect-resource.js";
import { sourcesOf } from "./fake-resource-sources.js";

const A = `${"a".repeat(63)}1`;
const B = `${"b".repeat(63)}2`;

const idOf = (cgroup?: string, mountinfo?: string, platform = "linux") => {
  const files = {
    ...(cgroup === undefined ? {} : { "/proc/self/cgroup": cgroup }),
    ...(mountinfo === undefined ? {} : { "/proc/self/mountinfo": mountinfo }),
  };
  return detectResource(sourcesOf({ files }, { platform }))["container.id"];
};

describe("the container's id", () => {
  it("comes from the path of a control group, whoever made it", () => {
    expect(idOf(`12:cpu:/docker/${A}\n`)).toBe(A);
    expect(idOf(`1:name=systemd:/kubepods/burstable/pod1-2/${A}\n0::/\n`)).toBe(A);
    expect(idOf(`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${A}.scope`)).toBe(A);
    expect(idOf(`0::/system.slice/docker-${A}.scope`)).toBe(A);
    expect(
      idOf(`11:cpu:/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:${A}`),
    ).toBe(A);
    expect(idOf(`0::/user.slice/libpod-${A}.scope/container`)).toBe(A);
    expect(idOf(`9:cpu:/ecs/task/${"c".repeat(32)}-1234567890`)).toBe(
      `${"c".repeat(32)}-1234567890`,
    );
  });

  it("is that of the innermost container", () => {
    expect(idOf(`1:cpu:/docker/${A}/docker/${B}`)).toBe(B);
  });

  it("comes from what the runtime mounts where the control group's path is hidden", () => {
    const docker = `900 880 0:50 / / rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/${B}/diff
911 900 254:1 /var/lib/docker/containers/${A}/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda1 rw
912 900 254:1 /var/lib/docker/containers/${A}/hostname /etc/hostname rw - ext4 /dev/vda1 rw`;
    expect(idOf("0::/\n", docker)).toBe(A);
    const podman = `1 2 0:23 /containers/storage/overlay-containers/${A}/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw`;
    expect(idOf("0::/\n", podman)).toBe(A);
  });

  it("is not that of a container whose files merely can be seen, nor that of a pod's sandbox", () => {
    const host = `50 30 0:44 / /var/lib/docker/containers/${A}/mounts/shm rw - tmpfs shm rw
51 30 0:45 / /var/lib/docker/overlay2/${A}/merged rw - overlay overlay rw`;
    expect(idOf("0::/init.scope\n", host)).toBeUndefined();
    const kubelet = `1 2 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${A}/hostname /etc/hostname rw - ext4 /dev/sda rw
3 2 8:1 /var/lib/kubelet/pods/1-2-3/etc-hosts /etc/hosts rw - ext4 /dev/sda rw`;
    expect(idOf("0::/\n", kubelet)).toBeUndefined();
  });

  it("is unknown outside of containers, and elsewhere than on Linux", () => {
    expect(idOf()).toBeUndefined();
    expect(idOf("0::/user.slice/user-1000.slice/session-2.scope\n", "")).toBeUndefined();
    expect(idOf("garbage", "more garbage\n\n")).toBeUndefined();
    expect(idOf(`1:cpu:/docker/${A}`, "", "win32")).toBeUndefined();
  });

  it("is looked for in bounded time, whatever the files hold", () => {
    expect(idOf(`1:cpu:/${"a".repeat(1_000_000)}/\n`, `${"x ".repeat(500_000)}\n`)).toMatch(
      /^a{64}$/,
    );
  });
});
