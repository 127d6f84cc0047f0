using System.Globalization;
using Handoff.Ownership;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Watches a live layer and writes what the tracing of a kernel with several processors would have recorded.</summary>
/// <remarks>
/// As in a kernel: unmaps of single buffers are logged after the release, and a processor may be held up in between while others go on; lists are cut at 128
/// entries; a coherent device's syncs show only after its first bounce.
/// </remarks>
internal sealed class EngineRecorder : MappingObserver
{
    private const int MostNamed = 128;

    private readonly List<(long Time, int Order, string Line)> _lines = [];
    private readonly List<Device> _engineDevices = [];
    private readonly HashSet<int> _bouncedOnce = [];
    private readonly List<MappingEvent> _list = [];
    private readonly long[] _freeAt;
    private readonly int[] _skews; // what each processor's clock is ahead, in microseconds
    private readonly Random _random;

    public EngineRecorder(int cpus, Random random, int skew)
    {
        _freeAt = new long[cpus];
        _skews = [.. Enumerable.Range(0, cpus).Select(_ => random.Next(skew + 1))];
        _random = random;
    }

    /// <summary>Whether there is a pool: without one, no bounce is attempted.</summary>
    public bool HasPool { get; init; } = true;

    /// <summary>Now, in microseconds.</summary>
    public long Time { get; set; } = 1_000_000;

    /// <summary>The processor that acts next.</summary>
    public int Cpu { get; private set; }

    /// <summary>When the call that the processor is in returns: until then nobody else gets the memory, only slots and addresses are free already.</summary>
    public long Returns => Math.Max(Time, _freeAt[Cpu]);

    public IEnumerable<string> Lines => _lines.OrderBy(static l => l.Time).ThenBy(static l => l.Order).Select(static l => l.Line);

    public int Register(Device device)
    {
        _engineDevices.Add(device);
        return NumberOf(device);
    }

    /// <summary>Lets time pass and some processor act that is not held up.</summary>
    public void Advance()
    {
        Time += _random.Next(1, 30);
        do
        {
            Cpu = _random.Next(_freeAt.Length);
            Time++;
        }
        while (_freeAt[Cpu] > Time);
    }

    public override void Process(in MappingEvent e)
    {
        switch (e.Kind)
        {
            case MappingEventKind.Map when e.Mapping == MappingKind.Sg:
                _list.Add(e);
                if (_list.Count == e.ListEntries)
                    MapList(e);
                break;
            case MappingEventKind.Unmap when e.Mapping == MappingKind.Sg:
                _list.Add(e);
                if (_list.Count == e.ListEntries)
                {
                    Log($"dma_unmap_sg: {Name(e)} dir={Direction(e)} phys_addrs={Array(_list, static s => s.Original.Value)} attrs={Attributes(e)}");
                    _list.Clear();
                }

                break;
            case MappingEventKind.Map when e.Mapping is MappingKind.Coherent:
                Log($"dma_alloc: {Name(e)} dir=BIDIRECTIONAL dma_addr={e.Address.Value:x} size={e.Size} virt_addr=00000000{(e.Address.Value >> 4) & 0xffffffff:x8} flags=GFP_KERNEL attrs={Attributes(e)}");
                break;
            case MappingEventKind.Unmap when e.Mapping is MappingKind.Coherent:
                Log($"dma_free: {Name(e)} dir=BIDIRECTIONAL dma_addr={e.Address.Value:x} size={e.Size} virt_addr=00000000{(e.Address.Value >> 4) & 0xffffffff:x8} attrs={Attributes(e)}");
                break;
            case MappingEventKind.Map:
                if (e.Bounced || (!e.Address.IsMapped && HasPool))
                    Bounce(e);
                Log($"dma_map_page: {Name(e)} dir={Direction(e)} dma_addr={e.Address.Value:x} size={e.Size} phys_addr={e.Original.Value:x} attrs={Attributes(e)}");
                break;
            case MappingEventKind.Unmap:
                if (_random.Next(4) == 0)
                    _freeAt[Cpu] = Time + _random.Next(300); // held up between the release and its event
                Log($"dma_unmap_page: {Name(e)} dir={Direction(e)} dma_addr={e.Address.Value:x} size={e.Size} attrs={Attributes(e)}");
                break;
            case MappingEventKind.SyncForCpu or MappingEventKind.SyncForDevice:
                Sync(e);
                break;
            default:
                break;
        }
    }

    private static string Array(IEnumerable<MappingEvent> segments, Func<MappingEvent, ulong> value) => "{" + string.Join(',', segments.Select(s => $"0x{value(s):x}")) + "}";

    private static string Direction(in MappingEvent e) => e.Direction switch { DmaDirection.ToDevice => "TO_DEVICE", DmaDirection.FromDevice => "FROM_DEVICE", _ => "BIDIRECTIONAL" };

    private static string Attributes(in MappingEvent e) => e.Attributes == DmaAttributes.None ? "" : $"0x{(ulong)e.Attributes:x}";

    private string Name(in MappingEvent e) => Devices[e.Device].Name;

    private void MapList(in MappingEvent last)
    {
        foreach (MappingEvent segment in _list)
        {
            if (segment.Bounced)
                Bounce(segment);
        }

        int all = _list.Count, named = Math.Min(all, MostNamed);
        MappingEvent[] shown = [.. _list.Take(named)];
        Log($"dma_map_sg: {Name(last)} dir={Direction(last)} nents={named}/{all} ents={named}/{all}{(all > named ? " [TRUNCATED]" : "")} dma_addrs={Array(shown, static s => s.Address.Value)} sizes={Array(shown, static s => s.Size)} phys_addrs={Array(shown, static s => s.Original.Value)} attrs={Attributes(last)}");
        _list.Clear();
    }

    private void Bounce(in MappingEvent e)
    {
        _bouncedOnce.Add(e.Device);
        Log($"swiotlb_bounced: dev_name: {Name(e)} dma_mask={_engineDevices[e.Device].EffectiveDmaMask:x} dev_addr={e.Original.Value:x} size={e.Size} NORMAL");
    }

    private void Sync(in MappingEvent e)
    {
        string side = e.Kind == MappingEventKind.SyncForCpu ? "cpu" : "device";
        bool hidden = Devices[e.Device].Coherent == true && !_bouncedOnce.Contains(e.Device);
        if (e.Mapping != MappingKind.Sg)
        {
            if (!hidden)
                Log($"dma_sync_single_for_{side}: {Name(e)} dir={Direction(e)} dma_addr={e.Address.Value:x} size={e.Size}");
            return;
        }

        _list.Add(e);
        if (_list.Count < e.ListEntries)
            return;
        if (!hidden)
            Log($"dma_sync_sg_for_{side}: {Name(e)} dir={Direction(e)} dma_addrs={Array(_list, static s => s.Address.Value)} sizes={Array(_list, static s => s.Size)}");
        _list.Clear();
    }

    private void Log(string payload)
    {
        long time = Math.Max(Time, _freeAt[Cpu]) + _skews[Cpu];
        _lines.Add((time, _lines.Count, string.Create(CultureInfo.InvariantCulture, $"          driver-{100 + Cpu,-6} [{Cpu:d3}] .....  {time / 1_000_000,5}.{time % 1_000_000:d6}: {payload}")));
    }
}
