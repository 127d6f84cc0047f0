using Handoff.Kernels;
using Handoff.Swiotlb;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <summary>A recorded machine with every gap filled: by what the recording shows, or by an assumption that is stated.</summary>
public sealed class LoadMachine
{
    /// <summary>The largest pool that a kernel makes of its own accord (an encrypted guest's). An address farther away is another pool's, or damaged.</summary>
    private const ulong LargestUnasked = 1UL << 30;

    private const int MostCpus = 8192; // NR_CPUS

    private readonly List<string> _assumptions = [];

    private LoadMachine(MachineFacts facts, Machine machine, KernelProfile kernel)
    {
        Facts = facts;
        Machine = machine;
        Kernel = kernel;
    }

    /// <summary>The facts it was made from.</summary>
    public MachineFacts Facts { get; }

    /// <summary>Hardware and command line.</summary>
    public Machine Machine { get; }

    /// <summary>The profile that stands for the recorded kernel.</summary>
    public KernelProfile Kernel { get; }

    /// <summary>The recorded kernel's release; empty if unknown.</summary>
    public string KernelRelease { get; private init; } = "";

    /// <summary>The default bounce pool; <see langword="null"/> if the machine has none.</summary>
    public MemoryRange? Pool { get; private init; }

    /// <summary>Areas of the default pool; 0 if there is none.</summary>
    public int Areas { get; private init; }

    /// <summary>Whether every mapping of the default pool's devices bounces.</summary>
    public bool ForceBounce { get; private init; }

    /// <summary>Whether where the default pool lies is assumed. Then a recording that does not begin at boot may agree in everything but addresses.</summary>
    public bool IsPoolAssumed { get; private init; }

    /// <summary>What was assumed because nothing tells, as sentences without a full stop.</summary>
    public IReadOnlyList<string> Assumptions => _assumptions;

    /// <summary>Makes the machine.</summary>
    /// <param name="facts">Facts beside the recording.</param>
    /// <param name="header">What the recording says about itself.</param>
    /// <param name="survey">What its events show; needed where facts are missing.</param>
    /// <param name="swiotlb">The text after <c>swiotlb=</c>; empty if not given.</param>
    public static LoadMachine Create(MachineFacts facts, RecordingHeader header, LoadSurvey survey, string swiotlb)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(survey);
        var assumed = new List<string>();
        bool told = facts.KernelRelease.Length > 0;
        Architecture architecture = told ? facts.Architecture : ArchitectureOf(header.Architecture, assumed);
        string release = told ? facts.KernelRelease : header.KernelRelease ?? "";
        KernelProfile? kernel = RecordedKernel.ProfileOf(release, facts.DynamicPools, facts.DmaApiDebug);
        if (kernel is null)
        {
            kernel = KernelProfiles.Default;
            assumed.Add(release.Length == 0 ? $"kernel: {kernel.Name}" : $"kernel: {kernel.Name} stands for {release}");
        }

        int cpus = facts.Files.Contains("dmesg.txt") || facts.Files.Any(static f => f.StartsWith("dmesg.txt.", StringComparison.Ordinal)) ? facts.Cpus
            : header.CpuCount > 0 ? header.CpuCount : survey.Cpus;
        cpus = Math.Clamp(cpus, 1, MostCpus);
        RamMap ram = facts.Ram ?? GuessRam(architecture, survey, assumed);
        SwiotlbParameter parameter = SwiotlbParameter.Parse(swiotlb);
        Machine machine = (facts.Ram is not null ? facts.ToMachine() : new Machine { Ram = ram }) with
        {
            Architecture = architecture,
            Cpus = cpus,
            SwiotlbParameter = swiotlb,
            PageSize = facts.PageSize ?? RecordedArchitecture.PageSizeOf(told ? facts.MachineName : header.Architecture, header.PageSize) ?? 4096,
        };

        MemoryRange? mappedPool = facts.Swiotlb is { } mapped && BouncePool.CanBe(mapped) ? mapped : null;
        MemoryRange? pool = mappedPool ?? (parameter.NoForce ? null : GuessPool(survey, parameter, assumed));
        bool force = parameter.Force || survey.ForcedInDefaultPool;
        int areas = 0;
        if (pool is { } range)
        {
            int slots = (int)(range.Size >> SwiotlbConstants.SlotShift);
            areas = facts.SwiotlbAreas != 0 ? SwiotlbParameter.RoundAreas(facts.SwiotlbAreas)
                : kernel.Switches.Areas ? SwiotlbParameter.LimitAreas(SwiotlbParameter.RoundAreas(parameter.Areas ?? cpus), slots) : 1;
            areas = SwiotlbParameter.LimitAreas(areas, slots);
        }

        var made = new LoadMachine(facts, machine, kernel) { KernelRelease = release, Pool = pool, Areas = areas, ForceBounce = force, IsPoolAssumed = mappedPool is null && pool is not null };
        made._assumptions.AddRange(assumed);
        return made;
    }

    /// <summary>What is known about a device before its first event.</summary>
    public LoadDevice DeviceOf(string name)
    {
        Device device = RecordedDevice.Make(Facts, name);
        PciDeviceFacts? pci = Facts.PciOf(name);

        // Only windows tell something about the mask that no driver has set yet.
        ulong usual = MachineFacts.IsPci(name) || device.DmaRanges.IsEmpty ? ulong.MaxValue : device.EffectiveDmaMask;
        return new LoadDevice(name)
        {
            Mask = pci is { MaskBits: > 0 } ? DmaMask.Bits(pci.MaskBits) : usual,
            BusLimit = device.BusDmaLimit,
            Ranges = device.DmaRanges,
            Coherent = device.Coherent,
            MinAlignMask = pci?.Driver == "nvme" ? 0xfffu : 0,
            RestrictedPool = Facts.RestrictedPoolOf(name) is { } region && BouncePool.CanBe(region.Range) ? region : null,
        };
    }

    /// <summary>Whether facts (and not a guess) say if a device snoops the caches.</summary>
    public bool KnowsCoherenceOf(string name) =>
        Machine.Architecture == Architecture.X86_64 || Facts.KnowsCoherenceOf(name);

    private static Architecture ArchitectureOf(string? text, List<string> assumed)
    {
        if (RecordedArchitecture.Of(text) is { } known)
            return known;
        assumed.Add("architecture: x86_64");
        return Architecture.X86_64;
    }

    private static RamMap GuessRam(Architecture architecture, LoadSurvey survey, List<string> assumed)
    {
        const ulong gib = 1UL << 30;
        ulong start = architecture == Architecture.X86_64 ? 4 * gib : RamMap.Usual(architecture, gib).Start.Value;
        ulong most = Math.Max(survey.HighestPhysical, start + (8 * gib) - 1);
        ulong size = ((most - start + gib) / gib * gib) + (architecture == Architecture.X86_64 ? 3 * gib : 0);
        assumed.Add($"RAM: {size / gib} GiB");
        return RamMap.Usual(architecture, size);
    }

    private static MemoryRange? GuessPool(LoadSurvey survey, SwiotlbParameter parameter, List<string> assumed)
    {
        ulong slots = parameter.Slots ?? SwiotlbConstants.DefaultSlots;
        ulong size = slots << SwiotlbConstants.SlotShift;
        if (survey.LowestSlot is not { } lowest)
            return null;
        // The pool begins at or below the lowest slot seen: the first search of a fresh pool takes its first slots.
        ulong start = lowest & ~0xfffUL;
        while (start + size <= survey.HighestSlot && size < LargestUnasked)
            size *= 2;
        if (!BouncePool.CanBe(new MemoryRange(new(start), size)))
            return null;
        assumed.Add($"pool: {size >> 20} MiB at 0x{start:x}");
        return new MemoryRange(new(start), size);
    }
}
