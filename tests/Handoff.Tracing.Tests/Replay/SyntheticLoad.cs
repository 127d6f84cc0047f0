using System.Globalization;
using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Tests.Replay;

/// <summary>A machine made up for a test: it runs maps and releases on a literal pool and writes down what a kernel would trace.</summary>
internal sealed class SyntheticLoad
{
    private readonly StringBuilder _text = new("# tracer: nop\n#\n");
    private readonly List<Call> _calls = [];
    private readonly Dictionary<int, ulong> _addresses = [];
    private readonly LiteralPool _pool;
    private readonly int _slots, _areas;
    private long _microseconds = 1_000_000;

    /// <summary>A call of the load, for replays on other literal pools.</summary>
    internal readonly record struct Call(int Number, bool Maps, int Cpu, ulong Physical, ulong Size, ulong MinAlign);

    public SyntheticLoad(int slots, int areas, ulong end = 0x7fa0_0000)
    {
        (_slots, _areas) = (slots, areas);
        _pool = new LiteralPool(end - ((ulong)slots << 11), slots, areas);
    }

    public LiteralPool Pool => _pool;

    public IReadOnlyList<Call> Calls => _calls;

    public long Failures { get; private set; }

    public string Text => _text.ToString();

    /// <summary>Lets time pass.</summary>
    public void Wait(long microseconds) => _microseconds += microseconds;

    /// <summary>Maps a buffer above 4 GiB of a 32-bit device; returns whether there was room.</summary>
    public bool Map(int number, int cpu, ulong physical, ulong size, ulong minAlign = 0)
    {
        _calls.Add(new Call(number, true, cpu, physical, size, minAlign));
        ulong? address = _pool.Map(cpu, physical, size, minAlign);
        string device = DeviceOf(minAlign);
        Line(cpu, $"swiotlb_bounced: dev_name: {device} dma_mask=ffffffff dev_addr={physical:x} size={size} NORMAL");
        Line(cpu, $"dma_map_page: {device} dir=BIDIRECTIONAL dma_addr={address ?? ulong.MaxValue:x} size={size} phys_addr={physical:x} attrs=");
        if (address is { } got)
            _addresses[number] = got;
        else
            Failures++;
        return address is not null;
    }

    public void Unmap(int number, int cpu)
    {
        Call map = _calls.FindLast(c => c.Number == number && c.Maps);
        _calls.Add(map with { Maps = false, Cpu = cpu });
        if (!_addresses.Remove(number, out ulong address))
            return;
        _pool.Unmap(address);
        Line(cpu, $"dma_unmap_page: {DeviceOf(map.MinAlign)} dir=BIDIRECTIONAL dma_addr={address:x} size={map.Size} attrs=");
    }

    public void Line(int cpu, string payload)
    {
        _text.Append(CultureInfo.InvariantCulture, $"          driver-77      [{cpu:000}] .....  {_microseconds / 1e6:f6}: {payload}\n");
        _microseconds += 10;
    }

    /// <summary>The load as if it had been recorded on a machine with 6 GiB.</summary>
    public RecordedLoad Open(string parameter = "", string deviceTree = "") => RecordedLoad.Open("synthetic", Facts(parameter, deviceTree), () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(Text))));

    public MachineFacts Facts(string parameter, string deviceTree = "") => new("nowhere")
    {
        DeviceTree = deviceTree.Length == 0 ? null : DeviceTreeText.Parse(new StringReader(deviceTree)),
        Architecture = Architecture.X86_64,
        KernelRelease = "6.12.117",
        CommandLine = parameter.Length == 0 ? "quiet" : $"swiotlb={parameter}",
        Ram = new RamMap(new MemoryRange(new(0x10_0000), 0x7ff0_0000 - 0x10_0000), new MemoryRange(new(0x1_0000_0000), 4UL << 30)),
        Cpus = Math.Max(_areas, 1),
        Swiotlb = new MemoryRange(new(_pool.Start), _pool.End - _pool.Start),
        SwiotlbAreas = _areas,
    };

    /// <summary>What the same calls do to another literal pool that ends at the same place: failures, and the pool afterwards.</summary>
    public (long Failures, LiteralPool Pool) Literally(int slots, int areas)
    {
        var pool = new LiteralPool(_pool.End - ((ulong)slots << 11), slots, areas);
        var addresses = new Dictionary<int, ulong>();
        long failures = 0;
        foreach (Call call in _calls)
        {
            if (!call.Maps)
            {
                if (addresses.Remove(call.Number, out ulong address))
                    pool.Unmap(address);
            }
            else if (pool.Map(call.Cpu, call.Physical, call.Size, call.MinAlign) is { } got)
            {
                addresses[call.Number] = got;
            }
            else
            {
                failures++;
            }
        }

        return (failures, pool);
    }

    /// <summary>Random maps and releases of a few buffer sizes, up to so many live at once.</summary>
    public static SyntheticLoad Random(int seed, int slots, int areas, int calls, int live, int largest)
    {
        var random = new Random(seed);
        var load = new SyntheticLoad(slots, areas);
        var held = new List<int>();
        for (int i = 0; i < calls; i++)
        {
            if (held.Count > 0 && (held.Count >= live || random.Next(3) == 0))
            {
                int at = random.Next(held.Count);
                load.Unmap(held[at], random.Next(areas));
                held.RemoveAt(at);
                continue;
            }

            ulong size = (ulong)random.Next(1, random.Next(1, largest) + 1);
            ulong physical = 0x1_0000_0000 + ((ulong)i << 18) + (ulong)random.Next(0, 4096);
            if (load.Map(i, random.Next(areas), physical, size, random.Next(3) == 0 ? 0xfffu : 0))
                held.Add(i);
        }

        return load;
    }

    private static string DeviceOf(ulong minAlign) => minAlign == 0 ? "0000:00:03.0" : "0000:00:02.0";
}
