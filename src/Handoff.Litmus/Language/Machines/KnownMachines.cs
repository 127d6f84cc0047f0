using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>The machines that have names: those on which kernels were recorded, by the recordings' names, and a confidential guest.</summary>
/// <remarks>
/// Recorded machines are QEMU's <c>virt</c> (Cortex-A57) and <c>q35</c> with two processors and Linux 6.12.117; the names end as the recordings in
/// <c>tests/data</c> do. Machines with an IOMMU are not among them: the checker has none.
/// </remarks>
public static class KnownMachines
{
    private const ulong SixGiB = 6UL << 30;

    // Recorded, but behind an IOMMU.
    private static readonly string[] s_translated = ["arm64-smmu-coh", "arm64-smmu-nc", "x86-iommu"];

    /// <summary>All of them.</summary>
    public static ImmutableArray<KnownMachine> All { get; } =
    [
        new("arm64-coh-6g", "arm64, 6 GiB, devices snoop; 32-bit devices bounce above 4 GiB", Architecture.Arm64, SixGiB, Coherent: true),
        new("arm64-nc-6g", "arm64, 6 GiB, devices do not snoop; 32-bit devices and short buffers bounce", Architecture.Arm64, SixGiB, Coherent: false),
        new("arm64-nc-2g", "arm64, 2 GiB, devices do not snoop; everything is in reach, short buffers bounce", Architecture.Arm64, 2UL << 30, Coherent: false),
        new("arm64-dyn-nc", "arm64, 6 GiB, devices do not snoop, a pool of 2 MiB; recorded with pools that grow (kernel linux-6.12+dynamic)", Architecture.Arm64, SixGiB, Coherent: false) { Swiotlb = "1024" },
        new("arm64-force", "arm64, 6 GiB, devices snoop, every mapping bounces (swiotlb=force)", Architecture.Arm64, SixGiB, Coherent: true) { Swiotlb = "force" },
        new("arm64-noforce", "arm64, 6 GiB, devices do not snoop, no bounce pool (swiotlb=noforce): maps fail instead", Architecture.Arm64, SixGiB, Coherent: false) { Swiotlb = "noforce" },
        new("arm64-rdp", "arm64, 6 GiB, devices do not snoop and are kept to a restricted pool of 16 MiB", Architecture.Arm64, SixGiB, Coherent: false) { RestrictedPool = 16 << 20 },
        new("x86-default", "x86_64, 6 GiB; 32-bit devices bounce above 4 GiB", Architecture.X86_64, SixGiB, Coherent: true),
        new("x86-force", "x86_64, 6 GiB, every mapping bounces (swiotlb=force)", Architecture.X86_64, SixGiB, Coherent: true) { Swiotlb = "force" },
        new("x86-force-512", "x86_64, 6 GiB, every mapping bounces through a pool of 1 MiB (swiotlb=512,force)", Architecture.X86_64, SixGiB, Coherent: true) { Swiotlb = "512,force" },
        new("x86-guest", "x86_64 confidential guest, 6 GiB: every mapping bounces to shared memory; not recorded", Architecture.X86_64, SixGiB, Coherent: true) { Encryption = MemoryEncryption.Guest },
    ];

    /// <summary>The machine of that name, or <see langword="null"/>.</summary>
    public static KnownMachine? Find(string name) => All.FirstOrDefault(m => m.Name == name);

    /// <summary>Why a name cannot be used, and what would be; the name is not one of <see cref="All"/>.</summary>
    public static (string Message, string Hint) Explain(string name) =>
        s_translated.Contains(name)
            ? ($"'{name}' has an IOMMU, and devices behind one cannot be checked yet", "machines: " + string.Join(", ", All.Select(m => m.Name)))
            : ("no known machine has this name", NearestName.Hint(name, All.Select(m => m.Name)) ?? "machines: " + string.Join(", ", All.Select(m => m.Name)));

    /// <summary>The test with everything that <c>machine { on NAME }</c> says in its place.</summary>
    internal static LitmusTest Complete(LitmusTest test) => test.Machine?.On is { } on && Find(on.Text) is { } machine ? machine.Complete(test) : test;
}
