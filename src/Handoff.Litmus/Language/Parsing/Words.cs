namespace Handoff.Litmus.Language;

/// <summary>The language's words for values, in one place for parser, printer and hints.</summary>
internal static class Words
{
    public static readonly Dictionary<string, Architecture> Architectures = new()
    {
        ["x86_64"] = Architecture.X86_64,
        ["arm64"] = Architecture.Arm64,
        ["riscv64"] = Architecture.Riscv64,
    };

    public static readonly Dictionary<string, MemoryEncryption> Encryptions = new()
    {
        ["none"] = MemoryEncryption.None,
        ["host"] = MemoryEncryption.Host,
        ["guest"] = MemoryEncryption.Guest,
    };

    public static readonly Dictionary<string, BufferKind> BufferKinds = new()
    {
        ["page"] = BufferKind.Page,
        ["pages"] = BufferKind.Pages,
        ["kmalloc"] = BufferKind.Kmalloc,
        ["stack"] = BufferKind.Stack,
        ["vmalloc"] = BufferKind.Vmalloc,
        ["heap"] = BufferKind.Heap,
        ["udmabuf"] = BufferKind.Udmabuf,
        ["mmio"] = BufferKind.Mmio,
    };

    public static readonly Dictionary<string, HeapKind> Heaps = new()
    {
        ["system"] = HeapKind.System,
        ["system_uncached"] = HeapKind.SystemUncached,
        ["system_dma32"] = HeapKind.SystemDma32,
        ["system_uncached_dma32"] = HeapKind.SystemUncachedDma32,
        ["cma"] = HeapKind.Cma,
    };

    public static readonly Dictionary<string, MemoryZone> Zones = new()
    {
        ["DMA"] = MemoryZone.Dma,
        ["DMA32"] = MemoryZone.Dma32,
        ["NORMAL"] = MemoryZone.Normal,
    };

    public static readonly Dictionary<string, Verdict> Verdicts = new()
    {
        ["ok"] = Verdict.Ok,
        ["contract"] = Verdict.Contract,
        ["fails"] = Verdict.Fails,
        ["stale"] = Verdict.Stale,
        ["lost"] = Verdict.Lost,
        ["leak"] = Verdict.Leak,
        ["wild"] = Verdict.Wild,
    };

    public static readonly Dictionary<string, Frequency> Frequencies = new()
    {
        ["always"] = Frequency.Always,
        ["sometimes"] = Frequency.Sometimes,
        ["never"] = Frequency.Never,
    };

    public static readonly Dictionary<string, MachineCondition> Conditions = new()
    {
        ["coherent"] = MachineCondition.Coherent,
        ["noncoherent"] = MachineCondition.NonCoherent,
        ["bounced"] = MachineCondition.Bounced,
        ["direct"] = MachineCondition.Direct,
        ["forced"] = MachineCondition.Forced,
        ["line64"] = MachineCondition.Line64,
        ["line128"] = MachineCondition.Line128,
    };

    public static readonly Dictionary<string, Errno> Errors = new()
    {
        ["EIO"] = Errno.IO,
        ["ENXIO"] = Errno.NoSuchDeviceOrAddress,
        ["ENOMEM"] = Errno.NoMemory,
        ["EBUSY"] = Errno.Busy,
        ["ENODEV"] = Errno.NoDevice,
        ["EINVAL"] = Errno.Invalid,
        ["EOPNOTSUPP"] = Errno.NotSupported,
        ["EREMOTEIO"] = Errno.RemoteIO,
    };

    /// <summary>The word for a value.</summary>
    public static string For<T>(Dictionary<string, T> words, T value)
        where T : struct => words.First(w => EqualityComparer<T>.Default.Equals(w.Value, value)).Key;
}
