using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>A random machine on which one thing goes wrong, run by the real engine and recorded as a kernel would, between harmless traffic.</summary>
internal sealed class CauseLab : IDisposable
{
    public const string Victim = "0000:00:01.0", Other = "0000:00:02.0";
    public const ulong PoolStart = 0x7000_0000, High = 0x1_0000_0000;

    private readonly SyntheticMachine _facts, _bootOnly, _late;
    private readonly DmaLayer<CountingMemory> _layer;
    private readonly EngineRecorder _recorder;
    private readonly Device _victim, _other;
    private ulong _page;

    public CauseLab(Random random, int slots, int areas, string parameter, ulong victimMask = uint.MaxValue, ulong minAlign = 0, bool dynamic = false)
    {
        Random = random;
        (Slots, Areas) = (slots, areas);
        bool pool = !parameter.EndsWith("noforce", StringComparison.Ordinal);
        var machine = new Machine
        {
            Architecture = Architecture.X86_64,
            Ram = new RamMap(new MemoryRange(new(0x10_0000), 0x7ff0_0000), new MemoryRange(new(High), 4UL << 30)),
            SwiotlbParameter = parameter,
            SwiotlbStart = pool ? new(PoolStart) : null,
            Cpus = Math.Max(areas, 1 + random.Next(4)),
        };
        _layer = new DmaLayer<CountingMemory>(machine, dynamic ? new Kernels.KernelProfile("dynamic", Kernels.KernelProfiles.Default.Switches with { DynamicPools = true }, "") : Kernels.KernelProfiles.Default, default);
        _recorder = new EngineRecorder(machine.Cpus, random, 0) { HasPool = pool };
        _layer.Observer = _recorder;
        _victim = new Device(Victim) { DmaMask = victimMask, Coherent = true, MinAlignMask = (uint)minAlign };
        _other = new Device(Other) { DmaMask = uint.MaxValue, Coherent = true };
        _recorder.Register(_victim);
        _recorder.Register(_other);
        _facts = new SyntheticMachine($"swiotlb={parameter}", PoolStart, pool ? slots : 0, areas, dynamic);
        _bootOnly = new SyntheticMachine($"swiotlb={parameter}", PoolStart, 0);
        _late = new SyntheticMachine($"swiotlb={parameter}", PoolStart, pool ? slots : 0, areas, dynamic, fromBoot: false);
    }

    public Random Random { get; }

    public int Slots { get; }

    public int Areas { get; }

    /// <summary>Now, in nanoseconds.</summary>
    public ulong Now => (ulong)_recorder.Time * 1000;

    public MachineFacts Facts => _facts.Facts;

    /// <summary>The same machine, where nothing was recorded before somebody began to.</summary>
    public MachineFacts FactsOfLateStart => _late.Facts;

    /// <summary>What is left without the kernel's messages and counters: where memory is, and the command line.</summary>
    public MachineFacts FactsWithoutMessages => _bootOnly.Facts;

    /// <summary>The kernel's worker adds the pool that was asked for.</summary>
    public void Grow() => _layer.RunDeferredWork();

    public string Text => string.Join('\n', _recorder.Lines) + "\n";

    /// <summary>Maps a buffer that has to bounce. Null if that fails.</summary>
    public DmaAddress? Map(bool victim, ulong size, int? cpu = null, ulong offset = 0)
    {
        _recorder.Advance();
        CurrentCpu.Id = cpu ?? _recorder.Cpu;
        Device device = victim ? _victim : _other;
        DmaAddress address = _layer.MapPhys(device, new(High + _page + offset), size, DmaDirection.FromDevice);
        _page = (_page + size + 0x2000) & ~0xfffUL; // nobody maps the same memory twice
        return _layer.MappingError(device, address) == Errno.None ? address : null;
    }

    public void Unmap(bool victim, DmaAddress address, ulong size)
    {
        _recorder.Advance();
        _layer.UnmapPhys(victim ? _victim : _other, address, size, DmaDirection.FromDevice);
    }

    /// <summary>Buffers that come and go, some of them direct.</summary>
    public void Traffic(int buffers)
    {
        for (int i = 0; i < buffers; i++)
        {
            bool victim = Random.Next(2) == 0;
            ulong size = (ulong)Random.Next(1, 2048);
            if (Map(victim, size) is { } address)
                Unmap(victim, address, size);
            _recorder.Advance();
            DmaAddress direct = _layer.MapPhys(_other, new(0x1000_0000 + ((ulong)Random.Next(1000) << 12)), size, DmaDirection.ToDevice);
            _recorder.Advance();
            _layer.UnmapPhys(_other, direct, size, DmaDirection.ToDevice);
        }
    }

    public void Wait(int microseconds) => _recorder.Time += microseconds;

    public void Dispose()
    {
        _facts.Dispose();
        _bootOnly.Dispose();
        _late.Dispose();
    }
}
