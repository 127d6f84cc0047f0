using System.Globalization;
using System.Text;
using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Conformance.Tests;

/// <summary>
/// Makes a recording with the engine as the kernel: two CPUs whose steps interleave at random, with interrupts inside calls. Calls are logged
/// as a kernel logs them, which is not always when they take effect.
/// </summary>
internal sealed class SyntheticRecording
{
    private const int MostEntries = 128;

    private readonly Random _random;
    private readonly DmaLayer<CountingMemory> _layer;
    private readonly Device[] _devices;
    private readonly StringBuilder _trace = new();
    private readonly List<(Device Device, DmaAddress Dma, ulong Size, DmaDirection Direction)> _mapped = [];
    private readonly List<(Device Device, ScatterlistEntry[] Entries, DmaDirection Direction)> _lists = [];
    private readonly Machine _machine;
    private readonly int _liveMappings;
    private readonly bool _crowded;
    private long _time = 1_000_000;
    private int _growIn = -1;

    private SyntheticRecording(int seed, string swiotlb, bool dynamic, int liveMappings, bool crowded)
    {
        _crowded = crowded;
        _random = new Random(seed);
        _liveMappings = liveMappings;
        _machine = new Machine
        {
            Architecture = Architecture.Arm64,
            Ram = new RamMap(new MemoryRange(new(0x4000_0000), 6UL << 30)),
            Cpus = 2,
            SwiotlbParameter = swiotlb,
            SwiotlbStart = new PhysicalAddress(0xfa00_0000),
        };
        var kernel = new KernelProfile("synthetic", new KernelSwitches { DynamicPools = dynamic }, "");
        _layer = new DmaLayer<CountingMemory>(_machine, kernel, default);
        _devices =
        [
            new Device("0000:00:02.0") { DmaMask = ulong.MaxValue, MinAlignMask = 0xfff },
            new Device("0000:00:03.0"),
            new Device("0000:00:05.0") { DmaMask = ulong.MaxValue },
        ];
    }

    /// <summary>Number of maps that found no slots.</summary>
    public int Failures { get; private set; }

    /// <summary>Writes a recording.</summary>
    /// <param name="directory">An empty directory.</param>
    /// <param name="seed">Of the random choices.</param>
    /// <param name="swiotlb">The kernel's parameter.</param>
    /// <param name="dynamic">Whether pools grow.</param>
    /// <param name="liveMappings">How many mappings are kept, about.</param>
    /// <param name="calls">How many calls are made.</param>
    /// <param name="crowded">Whether nearly all calls overlap with others, rather than some.</param>
    public static SyntheticRecording Write(string directory, int seed, string swiotlb, bool dynamic, int liveMappings, int calls, bool crowded)
    {
        var recording = new SyntheticRecording(seed, swiotlb, dynamic, liveMappings, crowded);
        recording.Run(calls);
        recording.Save(directory, swiotlb, dynamic);
        return recording;
    }

    private void Run(int calls)
    {
        Stack<(IEnumerator<int> Steps, int Pid)>[] cpus = [new(), new()];
        while (calls > 0 || cpus[0].Count + cpus[1].Count > 0)
        {
            int cpu = _random.Next(2);
            Stack<(IEnumerator<int> Steps, int Pid)> running = cpus[cpu];
            bool interrupt = running.Count is 1 or 2 && _random.Next(_crowded ? 30 : 200) == 0;
            if (calls > 0 && ((running.Count == 0 && _random.Next(_crowded ? 4 : 25) == 0) || interrupt))
            {
                calls--;
                int pid = running.Count > 0 ? running.Peek().Pid : 100 + cpu;
                char context = ".sh"[running.Count]; // who interrupts whom
                running.Push((Call(cpu, pid, context).GetEnumerator(), pid));
            }

            if (running.Count > 0 && !running.Peek().Steps.MoveNext())
                running.Pop().Steps.Dispose();
            Grow();
        }
    }

    /// <summary>The kernel's worker adds a pool some time after it was asked to.</summary>
    private void Grow()
    {
        if (_layer.Swiotlb is { GrowthPending: true } && _growIn < 0)
            _growIn = _random.Next(60);
        if (_growIn >= 0 && _growIn-- == 0)
            _layer.RunDeferredWork();
    }

    private IEnumerable<int> Call(int cpu, int pid, char context)
    {
        int live = _mapped.Count + (_lists.Count * 20);
        bool map = live == 0 || _random.Next(2 * _liveMappings) > live;
        bool list = _random.Next(5) == 0;
        return (map, list) switch
        {
            (true, false) => Map(cpu, pid, context),
            (true, true) => MapList(cpu, pid, context),
            (false, true) when _lists.Count > 0 => UnmapList(cpu, pid, context),
            (false, _) when _mapped.Count > 0 => Unmap(cpu, pid, context),
            _ => Map(cpu, pid, context),
        };
    }

    private IEnumerable<int> Map(int cpu, int pid, char context)
    {
        (Device device, PhysicalAddress buffer, ulong size, DmaDirection direction) = Choose();
        if (Decide(cpu, pid, context, device, buffer, size, direction))
            yield return 0;
        CurrentCpu.Id = cpu;
        DmaAddress dma = _layer.MapPhys(device, buffer, size, direction);
        yield return 0;
        Log(cpu, pid, context, $"dma_map_page: {device} dir={Name(direction)} dma_addr={dma.Value:x} size={size} phys_addr={buffer.Value:x} attrs=");
        if (dma.IsMapped)
            _mapped.Add((device, dma, size, direction));
        else
            Failures++;
    }

    private IEnumerable<int> Unmap(int cpu, int pid, char context)
    {
        int at = _random.Next(_mapped.Count);
        (Device device, DmaAddress dma, ulong size, DmaDirection direction) = _mapped[at];
        _mapped.RemoveAt(at);
        yield return 0;
        _layer.UnmapPhys(device, dma, size, direction);
        yield return 0;
        Log(cpu, pid, context, $"dma_unmap_page: {device} dir={Name(direction)} dma_addr={dma.Value:x} size={size} attrs=");
    }

    private IEnumerable<int> MapList(int cpu, int pid, char context)
    {
        (Device device, _, _, DmaDirection direction) = Choose();
        var entries = new ScatterlistEntry[_random.Next(40) == 0 ? _random.Next(100, 200) : _random.Next(1, 12)];
        for (int i = 0; i < entries.Length; i++)
        {
            (_, PhysicalAddress buffer, ulong size, _) = Choose();
            entries[i] = new ScatterlistEntry(buffer, (uint)size);
            if (Decide(cpu, pid, context, device, buffer, size, direction))
                yield return 0;
            CurrentCpu.Id = cpu;
            entries[i].DmaAddress = _layer.MapPhys(device, buffer, size, direction);
            entries[i].DmaLength = (uint)size;
            if (!entries[i].DmaAddress.IsMapped)
            {
                // The list fails: no event. What was mapped is given back at once.
                Failures++;
                foreach (ScatterlistEntry entry in entries[..i])
                    _layer.UnmapPhys(device, entry.DmaAddress, entry.Length, direction, DmaAttributes.SkipCpuSync);
                yield break;
            }

            yield return 0;
        }

        ScatterlistEntry[] shown = entries[..Math.Min(entries.Length, MostEntries)];
        string count = $"{shown.Length}/{entries.Length}";
        Log(
            cpu,
            pid,
            context,
            $"dma_map_sg: {device} dir={Name(direction)} nents={count} ents={count}{(shown.Length < entries.Length ? " [TRUNCATED]" : "")} dma_addrs={{{Join(shown, e => $"0x{e.DmaAddress.Value:x}")}}} "
            + $"sizes={{{Join(shown, e => $"0x{e.Length:x}")}}} phys_addrs={{{Join(shown, e => $"0x{e.Address.Value:x}")}}} attrs=");
        _lists.Add((device, entries, direction));
    }

    private IEnumerable<int> UnmapList(int cpu, int pid, char context)
    {
        int at = _random.Next(_lists.Count);
        (Device device, ScatterlistEntry[] entries, DmaDirection direction) = _lists[at];
        _lists.RemoveAt(at);
        Log(cpu, pid, context, $"dma_unmap_sg: {device} dir={Name(direction)} phys_addrs={{{Join(entries, e => $"0x{e.Address.Value:x}")}}} attrs=");
        yield return 0;
        foreach (ScatterlistEntry entry in entries)
        {
            _layer.UnmapPhys(device, entry.DmaAddress, entry.Length, direction);
            if (_random.Next(4) == 0)
                yield return 0;
        }
    }

    private (Device Device, PhysicalAddress Buffer, ulong Size, DmaDirection Direction) Choose()
    {
        ulong[] sizes = [64, 512, 1500, 2048, 4096, 4096, 8192, 65536];
        ulong size = sizes[_random.Next(sizes.Length)];
        ulong page = (_random.Next(4) == 0 ? 0x5000_0000UL : 0x1_4000_0000UL) + ((ulong)_random.Next(1 << 14) << 12);
        ulong offset = size < 4096 ? (ulong)_random.Next(8) * 512 : 0;
        return (_devices[_random.Next(_devices.Length)], new(page + offset), size, (DmaDirection)_random.Next(3));
    }

    private bool Decide(int cpu, int pid, char context, Device device, PhysicalAddress buffer, ulong size, DmaDirection direction)
    {
        if (_layer.ReasonToBounce(device, buffer, size, direction) == Direct.BounceReason.None)
            return false;
        string forced = _layer.Swiotlb!.ForceBounce ? "FORCE" : "NORMAL";
        Log(cpu, pid, context, $"swiotlb_bounced: dev_name: {device} dma_mask={device.DmaMask:x} dev_addr={buffer.Value:x} size={size} {forced}");
        return true;
    }

    private static string Join(ScatterlistEntry[] entries, Func<ScatterlistEntry, string> text) => string.Join(',', entries.Select(text));

    private static string Name(DmaDirection direction) => direction switch
    {
        DmaDirection.ToDevice => "TO_DEVICE",
        DmaDirection.FromDevice => "FROM_DEVICE",
        _ => "BIDIRECTIONAL",
    };

    private void Log(int cpu, int pid, char context, string text) => _trace.AppendLine(
        CultureInfo.InvariantCulture, $"{"task-" + pid,19} [{cpu:d3}] d.{context}.. {++_time / 1_000_000,5}.{_time % 1_000_000:d6}: {text}");

    private void Save(string directory, string swiotlb, bool dynamic)
    {
        SwiotlbAllocator allocator = _layer.Swiotlb!;
        File.WriteAllText(Path.Combine(directory, "trace.txt"), "# tracer: nop\n#\n" + _trace);
        File.WriteAllText(
            Path.Combine(directory, "machine.txt"),
            $"""
            ## uname
            Linux (none) 6.12.117 #1 SMP aarch64 GNU/Linux
            ## cmdline
            trace_event=dma:*,swiotlb:* swiotlb={swiotlb}
            ## iomem
            40000000-1bfffffff : System RAM
            ## swiotlb
            {(dynamic ? "/sys/kernel/debug/swiotlb/io_tlb_transient_nslabs 0" : "")}
            /sys/kernel/debug/swiotlb/io_tlb_nslabs {allocator.Slots}
            ## pci (addr vendor:device class driver dma_mask_bits consistent_dma_mask_bits iommu_group)
            0000:00:02.0 0x1b36:0x0010 0x010802 nvme 64 64
            0000:00:03.0 0x1b36:0x0007 0x080501 sdhci-pci 32 32
            0000:00:05.0 0x8086:0x10d3 0x020000 e1000e 64 64

            """);
        SwiotlbPool pool = allocator.DefaultPool;
        File.WriteAllText(
            Path.Combine(directory, "dmesg.txt"),
            $"""
            [    0.000000] software IO TLB: area num {pool.Areas}.
            [    0.000000] software IO TLB: mapped [mem 0x{pool.Start.Value:x16}-0x{pool.End.Value:x16}] ({pool.Size >> 20}MB)
            [    0.000000] SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=2, Nodes=1

            """);
    }
}
