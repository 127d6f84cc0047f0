using System.Globalization;
using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>
/// Random devices on an arm64 machine, each with its own reasons to bounce, and random mappings of theirs. What holds for each mapping is decided here, from
/// the kernel's conditions alone; the recording and the machine's facts are what a kernel would leave of them.
/// </summary>
internal sealed class BounceLab : IDisposable
{
    private const ulong Low = 0x4000_0000, PoolStart = 0x7000_0000, High = 0x1_0000_0000;
    private static readonly ulong[] s_buckets = [8, 16, 32, 64, 96, 128, 192, 256]; // of kmalloc, up to the shortest that is always aligned

    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-bounces-").FullName;
    private readonly TraceText _trace = new();
    private readonly Random _random;
    private readonly bool _forced;
    private ulong _slot = PoolStart, _iova = 0xf000_0000, _page;

    public BounceLab(Random random)
    {
        _random = random;
        _forced = random.Next(5) == 0;
        for (int n = random.Next(1, 5); n > 0; n--)
            Devices.Add(NewDevice(Devices.Count));
        for (int i = random.Next(20, 200); i > 0; i--)
            Map(Devices[random.Next(Devices.Count)]);
        WriteFacts();
    }

    public List<LabDevice> Devices { get; } = [];

    public string Text => _trace.ToString();

    public MachineFacts Facts => MachineFacts.Read(_directory);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private LabDevice NewDevice(int number)
    {
        bool iommu = _random.Next(4) == 0, restricted = !iommu && _random.Next(6) == 0;
        return new LabDevice($"lab-bus{number}:dev{number}", number)
        {
            Mask = DmaMask.Bits(_random.Next(3) switch { 0 => 32, 1 => 64, _ => _random.Next(32, 42) }),
            WindowSize = iommu || _random.Next(3) != 0 ? 0 : (1UL << 30) + ((ulong)_random.Next(0, 8) << 30),
            WindowOffset = _random.Next(2) == 0 ? 0 : Low,
            Coherent = _random.Next(2) == 0,
            Restricted = restricted,
            Translated = iommu,
            Untrusted = iommu && _random.Next(2) == 0,
        };
    }

    private void Map(LabDevice device)
    {
        ulong size = (ulong)(_random.Next(2) == 0 ? _random.Next(1, 256) : _random.Next(256, 9000));
        ulong memory = _random.Next(3) switch { 0 => Low, 1 => High, _ => High + ((ulong)_random.Next(0, 12) << 30) } + (_page += 0x4000) + (_random.Next(3) == 0 ? 0 : (ulong)_random.Next(0, 64) << 6);
        string direction = _random.Next(3) switch { 0 => "TO_DEVICE", 1 => "FROM_DEVICE", _ => "BIDIRECTIONAL" };
        if (_random.Next(4) == 0)
            (memory, size) = (memory & ~0xfffUL, (size + 0xfff) & ~0xfffUL);
        HashSet<BouncePredicate> why = device.Why(memory, size, direction, _forced, IsShort(size));
        ulong? address = device.ToDma(memory);
        if (why.Count == 0)
        {
            ulong direct = device.Translated ? NewIova(memory) : address!.Value;
            _trace.Map(device.Name, direct, memory, size, direction);
            _trace.Unmap(device.Name, direct, size, direction);
            return;
        }

        device.Bounces.Add(why);
        ulong slot = device.Translated ? NewIova(memory) : device.ToDma(_slot)!.Value;
        _slot = PoolStart + ((_slot + 0x4000 - PoolStart) & 0xff_ffff);
        _trace.Bounced(device.Name, slot, memory, size, direction, device.Mask, device.Restricted || _forced, bounced: device.Translated ? memory : address ?? ulong.MaxValue);
        _trace.Unmap(device.Name, slot, size, direction);
    }

    private ulong NewIova(ulong memory) => (_iova -= 0x4000) + (memory & 0xfff);

    private static bool IsShort(ulong size) => size <= 256 && s_buckets.First(bucket => bucket >= size) % 64 != 0;

    private void WriteFacts()
    {
        var tree = new StringBuilder("/dts-v1/;\n/ {\n#address-cells = <2>;\n#size-cells = <2>;\nreserved-memory {\n#address-cells = <2>;\n#size-cells = <2>;\npool@70000000 {\ncompatible = \"restricted-dma-pool\";\nreg = <0x0 0x70000000 0x0 0x1000000>;\nphandle = <0x9001>;\n};\n};\n");
        var probe = new StringBuilder();
        foreach (LabDevice device in Devices)
        {
            string window = device.WindowSize == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"dma-ranges = <0x0 0x{Low - device.WindowOffset:x} 0x0 0x{Low:x} 0x{device.WindowSize >> 32:x} 0x{device.WindowSize & 0xffffffff:x}>;\n");
            tree.Append(CultureInfo.InvariantCulture, $"lab-bus{device.Number} {{\n#address-cells = <2>;\n#size-cells = <2>;\n{window}dev{device.Number} {{\n{(device.Coherent ? "dma-coherent;\n" : "")}{(device.Restricted ? "memory-region = <0x9001>;\n" : "")}}};\n}};\n");
            if (device.Translated)
                probe.Append(CultureInfo.InvariantCulture, $"HP dev i={device.Number} name={device.Name} bus=platform coh={(device.Coherent ? 1 : 0)} mask={device.Mask:x} iommu=1 align=64\n");
        }

        File.WriteAllText(Path.Combine(_directory, "machine.dts"), tree.Append("};\n").ToString());
        File.WriteAllText(Path.Combine(_directory, "probe.txt"), probe.ToString());
        File.WriteAllText(Path.Combine(_directory, "machine.txt"), $"## uname\nLinux host 6.12.117 #1 SMP aarch64 GNU/Linux\n## cmdline\n{(_forced ? "swiotlb=force" : "quiet")}\n## iomem\n40000000-7fffffff : System RAM\n100000000-4ffffffff : System RAM\n## swiotlb\n/sys/kernel/debug/swiotlb/io_tlb_nslabs 8192\n");
        File.WriteAllText(Path.Combine(_directory, "dmesg.txt"), $"[    0.1] software IO TLB: area num 1.\n[    0.1] software IO TLB: mapped [mem 0x{PoolStart:x16}-0x{PoolStart + 0x100_0000:x16}]\n{(_random.Next(2) == 0 ? "" : "[    0.0] software IO TLB: Reserved memory: created restricted DMA pool at 0x0000000070000000, size 16 MiB\n[    0.0] OF: reserved mem: 0x0000000070000000..0x0000000070ffffff (16384 KiB) map non-reusable pool@70000000\n")}");
    }

    /// <summary>A device, and for each of its bounces every condition that held.</summary>
    internal sealed class LabDevice(string name, int number)
    {
        public string Name => name;

        public int Number => number;

        public ulong Mask { get; init; }

        public ulong WindowSize { get; init; } // 0: its bus leaves addresses as they are

        public ulong WindowOffset { get; init; } // what the bus takes off an address

        public bool Coherent { get; init; }

        public bool Restricted { get; init; }

        public bool Translated { get; init; }

        public bool Untrusted { get; init; }

        public List<HashSet<BouncePredicate>> Bounces { get; } = [];

        public ulong? ToDma(ulong memory) => WindowSize == 0 ? memory : memory - Low < WindowSize ? memory - WindowOffset : null;

        public HashSet<BouncePredicate> Why(ulong memory, ulong size, string direction, bool forced, bool isShort)
        {
            var why = new HashSet<BouncePredicate>();
            if (!Coherent && isShort && direction != "TO_DEVICE")
                why.Add(BouncePredicate.ShortBuffer);
            if (Translated)
            {
                if (Untrusted && ((memory | size) & 0xfff) != 0)
                    why.Add(BouncePredicate.Untrusted);
                return why;
            }

            if (Restricted || forced)
                return [.. Restricted ? [BouncePredicate.RestrictedPool] : (BouncePredicate[])[], .. forced ? [BouncePredicate.Forced] : (BouncePredicate[])[]];
            if (ToDma(memory) is not { } address)
                return [BouncePredicate.OutsideWindows];
            ulong last = address + size - 1;
            if (last > Mask)
                why.Add(BouncePredicate.DeviceMask);
            if (WindowSize != 0 && last > Low - WindowOffset + WindowSize - 1)
                why.Add(BouncePredicate.BusLimit);
            return why;
        }
    }
}
