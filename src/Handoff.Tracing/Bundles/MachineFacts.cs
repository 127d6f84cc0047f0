using System.Collections.Immutable;

namespace Handoff.Tracing.Bundles;

/// <summary>
/// What is known about a recorded machine, from the text files beside its trace: <c>machine.txt</c>, <c>machine.dts</c>, <c>dmesg.txt</c>,
/// <c>probe.txt</c>, <c>trace_stats.txt</c> (plain, .zst or .gz). What a missing file would have told stays at its default.
/// </summary>
public sealed class MachineFacts
{
    internal readonly List<string> Problems = [];
    internal readonly Dictionary<string, string> RestrictedDevices = [];
    internal readonly Dictionary<string, ulong> Counters = [];
    internal readonly HashSet<string> Translated = [];
    private bool? _isDescribed;

    private Dictionary<string, DeviceTreeNode>? _nodes; // by device
    private Dictionary<uint, DeviceTreeNode>? _handles;
    private Dictionary<string, ProbeLine>? _probed; // by device
    private Dictionary<string, PciDeviceFacts>? _pci; // by name
    private DeviceTreeNode? _bridge; // the host bridge

    internal MachineFacts(string directory) => Directory = directory;

    /// <summary>The recording's directory.</summary>
    public string Directory { get; }

    /// <summary>Names of the files that were found and read.</summary>
    public ImmutableArray<string> Files { get; internal set; } = [];

    /// <summary>What could not be understood, for the user.</summary>
    public IReadOnlyList<string> Diagnostics => Problems;

    /// <summary>
    /// The processor architecture. Others are listed under the one whose rules they share: machines on which every device snoops the caches
    /// (s390x, ppc64le) count as x86-64. <see cref="MachineName"/> has their own name.
    /// </summary>
    public Architecture Architecture { get; internal set; } = Architecture.Arm64;

    /// <summary>The machine's kind as <c>uname -m</c> prints it (<c>aarch64</c>, <c>s390x</c>); of a machine that is not told, that of <see cref="Architecture"/>.</summary>
    public string MachineName
    {
        get => field ?? RecordedArchitecture.NameOf(Architecture);
        internal set;
    }

    /// <summary>Bytes of a page of memory: 4096, 16384 or 65536; <see langword="null"/> if unknown.</summary>
    public uint? PageSize { get; internal set; }

    /// <summary>The kernel's release, empty if unknown.</summary>
    public string KernelRelease { get; internal set; } = "";

    /// <summary>The machine's name as <c>uname</c> prints it, empty if unknown.</summary>
    public string HostName { get; internal set; } = "";

    /// <summary>The kernel's id of the boot (<c>/proc/sys/kernel/random/boot_id</c>), empty if unknown.</summary>
    public string BootId { get; internal set; } = "";

    /// <summary>The day on which the facts were written down, in UTC, <see langword="null"/> if unknown.</summary>
    public DateOnly? RecordedOn { get; internal set; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; internal set; } = "";

    /// <summary>The clock of the ring buffers as the kernel names it (<c>local</c>, <c>mono</c>); empty if not recorded.</summary>
    public string TraceClock { get; internal set; } = "";

    /// <summary>Where RAM is; <see langword="null"/> if unknown.</summary>
    public RamMap? Ram { get; internal set; }

    /// <summary>Number of possible processors.</summary>
    public int Cpus { get; internal set; } = 2;

    /// <summary>Run-time cache alignment in bytes; <see langword="null"/> if unknown.</summary>
    public uint? CacheAlignment { get; internal set; }

    /// <summary>Where the bounce pool is; <see langword="null"/> if the machine has none, or if the messages of its boot are not kept.</summary>
    public MemoryRange? Swiotlb { get; internal set; }

    /// <summary>Whether it is certain that the machine has no bounce pool: it was told not to make one, or the messages of its boot name none.</summary>
    public bool HasNoPool => Swiotlb is null && !Counters.Any(static c => c is { Key: "io_tlb_nslabs", Value: > 0 })
        && (HasBootMessages || (Parameter("swiotlb") ?? "").EndsWith("noforce", StringComparison.Ordinal));

    /// <summary>Whether the firmware describes the machine with ACPI tables.</summary>
    public bool HasAcpi { get; internal set; }

    /// <summary>Whether the messages of the boot are kept from their beginning.</summary>
    internal bool HasBootMessages { get; set; }

    /// <summary>Number of areas that the kernel printed; 0 if unknown.</summary>
    public int SwiotlbAreas { get; internal set; }

    /// <summary>Restricted pools.</summary>
    public ImmutableArray<RestrictedPoolFacts> RestrictedPools { get; internal set; } = [];

    /// <summary>Whether the kernel makes bounce pools at run time.</summary>
    public bool DynamicPools { get; internal set; }

    /// <summary>Whether the kernel checks the API's use (<c>CONFIG_DMA_API_DEBUG</c>).</summary>
    public bool DmaApiDebug { get; internal set; }

    /// <summary>Whether the machine is a guest with encrypted memory: devices reach only what was decrypted.</summary>
    public bool IsEncryptedGuest { get; internal set; }

    /// <summary>PCI devices.</summary>
    public ImmutableArray<PciDeviceFacts> PciDevices { get; internal set; } = [];

    /// <summary>The device tree; <see langword="null"/> where there is none.</summary>
    public DeviceTreeNode? DeviceTree { get; internal set; }

    /// <summary>Ring buffers of the trace.</summary>
    public ImmutableArray<CpuRingFacts> Rings { get; internal set; } = [];

    /// <summary>Lines of the probe module's log, in order.</summary>
    public ImmutableArray<ProbeLine> Probe { get; internal set; } = [];

    /// <summary>debugfs counters of the bounce allocator (<c>io_tlb_used_hiwater</c> …) when the recording ended.</summary>
    public IReadOnlyDictionary<string, ulong> SwiotlbCounters => Counters;

    /// <summary>Devices that an IOMMU translates for.</summary>
    public IReadOnlyCollection<string> TranslatedDevices => Translated;

    /// <summary>Whether events are missing from the trace.</summary>
    public bool LostEvents => Rings.Any(static r => r.Overrun > 0 || r.Dropped > 0);

    /// <summary>Reads what a directory holds.</summary>
    public static MachineFacts Read(string directory) => MachineFactsReader.Read(directory);

    /// <summary>The text after <c>name=</c> on the command line (the last one wins); <see langword="null"/> if it is not given.</summary>
    public string? Parameter(string name)
    {
        foreach (string word in CommandLine.Split(' ').Reverse())
        {
            if (word.StartsWith(name + "=", StringComparison.Ordinal))
                return word[(name.Length + 1)..];
        }

        return null;
    }

    /// <summary>The device-tree node that decides about a device's DMA: the host bridge's for PCI, its own otherwise.</summary>
    public DeviceTreeNode? NodeOf(string device)
    {
        if (_nodes is null)
            IndexTree();
        return IsPci(device) ? _bridge : _nodes!.GetValueOrDefault(device);
    }

    /// <summary>What the probe module said of a device; <see langword="null"/> if nothing.</summary>
    internal ProbeLine? ProbeOf(string device)
    {
        if (_probed is null)
        {
            _probed = [];
            foreach (ProbeLine line in Probe)
            {
                if (line.Kind == "dev")
                    _probed.TryAdd(line.Text("name"), line);
            }
        }

        return _probed.GetValueOrDefault(device);
    }

    /// <summary>What is known of a PCI device; <see langword="null"/> if nothing.</summary>
    internal PciDeviceFacts? PciOf(string device)
    {
        if (_pci is null)
        {
            _pci = [];
            foreach (PciDeviceFacts pci in PciDevices)
                _pci.TryAdd(pci.Name, pci);
        }

        return _pci.GetValueOrDefault(device);
    }

    private void IndexTree()
    {
        (_nodes, _handles) = ([], []);
        foreach (DeviceTreeNode node in DeviceTree?.All() ?? [])
        {
            if (node.Name.Length > 0)
                _nodes.TryAdd(node.DeviceName, node);
            if (node.Cells("phandle") is [var handle, ..])
                _handles.TryAdd(handle, node);
            if (_bridge is null && (node.Name.StartsWith("pcie@", StringComparison.Ordinal) || node.Name.StartsWith("pci@", StringComparison.Ordinal)))
                _bridge = node;
        }
    }

    /// <summary>Whether these facts say if a device snoops the caches: without a device tree (firmware with ACPI) nothing does.</summary>
    public bool KnowsCoherenceOf(string device) =>
        Architecture == Architecture.X86_64 || ProbeOf(device) is not null || (IsDescribed && (!IsPci(device) || NodeOf(device) is not null));

    /// <summary>
    /// Whether the device snoops the caches. Where <see cref="KnowsCoherenceOf"/> says that nothing is known: what is usual, which is <see langword="true"/> for
    /// machines with ACPI and <see langword="false"/> for others.
    /// </summary>
    /// <remarks>Kernel: <c>of_dma_is_coherent()</c>: the nearest node that says something decides; <c>acpi_get_dma_attr()</c>, which recordings do not show.</remarks>
    public bool IsCoherent(string device)
    {
        if (Architecture == Architecture.X86_64)
            return true;
        if (ProbeOf(device) is { } line)
            return line.Number("coh") == 1;

        for (DeviceTreeNode? node = NodeOf(device); node is not null; node = node.Parent)
        {
            if (node.Has("dma-coherent"))
                return true;
            if (node.Has("dma-noncoherent"))
                return false;
        }

        return HasAcpi && !KnowsCoherenceOf(device);
    }

    // With ACPI there is a tree all the same, of what the firmware tells the kernel at its start.
    private bool IsDescribed => _isDescribed ??= DeviceTree?.All().Any(static node => node.Parent is { } around && node.Name != "chosen" && around.Name != "chosen") ?? false;

    /// <summary>Windows to memory of a device; empty for the identity.</summary>
    /// <remarks>Kernel: <c>of_dma_get_range()</c>: PCI devices look at their host bridge, others at the bus around their node.</remarks>
    public ImmutableArray<DmaRange> RangesOf(string device)
    {
        DeviceTreeNode? node = NodeOf(device);
        DeviceTreeNode? bus = IsPci(device) ? node : node?.Parent;
        for (; bus is not null; bus = bus.Parent)
        {
            if (bus.Has("dma-ranges"))
                return [.. bus.DmaRanges()];
        }

        return [];
    }

    /// <summary>The restricted pool of a device; <see langword="null"/> if it has none.</summary>
    public RestrictedPoolFacts? RestrictedPoolOf(string device)
    {
        if (Translated.Contains(device) || RestrictedPools.IsEmpty)
            return null;
        string? name = RestrictedDevices.GetValueOrDefault(device);
        if (name is null && NodeOf(device) is { } node && node.Cells("memory-region") is [var handle, ..])
            name = _handles!.GetValueOrDefault(handle)?.Name;
        return name is null ? null : RestrictedPools.FirstOrDefault(p => p.Name == name);
    }

    /// <summary>The hardware and command line, for the engine. Needs <see cref="Ram"/>.</summary>
    public Machine ToMachine()
    {
        ulong limit = ulong.MaxValue;
        foreach (DeviceTreeNode node in DeviceTree?.All() ?? [])
        {
            ulong highest = node.DmaRanges().Select(static r => r.CpuStart.Value + r.Size - 1).DefaultIfEmpty(ulong.MaxValue).Max();
            limit = Math.Min(limit, highest);
        }

        return new Machine
        {
            Architecture = Architecture,
            Ram = Ram ?? throw new InvalidOperationException("The recording does not say where RAM is."),
            Cpus = Cpus,
            PageSize = PageSize ?? 4096,
            CacheLineSize = CacheAlignment is { } line and >= 8 ? line : 64,
            SwiotlbParameter = Parameter("swiotlb") ?? "",
            SwiotlbStart = Swiotlb?.Start,
            DeviceTreeDmaLimit = limit,
        };
    }

    /// <summary>Whether a name is that of a PCI device: <c>0000:00:02.0</c>.</summary>
    public static bool IsPci(string device) => device.Length == 12 && device[4] == ':' && device[7] == ':' && device[10] == '.';
}
