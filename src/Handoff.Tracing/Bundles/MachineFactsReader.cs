using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Handoff.Tracing.Bundles;

/// <summary>Reads the text files of a recording's directory.</summary>
internal static partial class MachineFactsReader
{
    private const int LongestCommandLine = 1 << 16; // characters; kernels take 4096 at most
    private const long LongestFile = 32 << 20; // bytes; kernel messages of the largest machines have a tenth

    public static MachineFacts Read(string directory)
    {
        var facts = new MachineFacts(directory);
        var files = ImmutableArray.CreateBuilder<string>();
        ReadFile(facts, files, "machine.txt", ReadMachine);
        ReadFile(facts, files, "machine.dts", static (f, text) => f.DeviceTree = DeviceTreeText.Parse(text));
        ReadFile(facts, files, "dmesg.txt", ReadMessages);
        ReadFile(facts, files, "trace_stats.txt", ReadRings);
        ReadFile(facts, files, "probe.txt", ReadProbe);
        if (facts.CommandLine.Length == 0)
            ReadFile(facts, files, "cmdline", static (f, text) => f.CommandLine = (text.ReadLine() ?? "").Trim());
        if (facts.CommandLine.Length == 0)
            ReadFile(facts, files, "qemu-cmdline.txt", ReadEmulator);
        foreach (ProbeLine line in facts.Probe)
        {
            if (line.Kind == "dev" && line.Number("align") is { } align)
                facts.CacheAlignment = (uint)align;
            if (line.Kind == "dev" && line.Number("iommu") == 1)
                facts.Translated.Add(line.Text("name"));
        }

        facts.Files = files.ToImmutable();
        return facts;
    }

    private static void ReadFile(MachineFacts facts, ImmutableArray<string>.Builder files, string name, Action<MachineFacts, TextReader> read)
    {
        if (PackedFile.Find(facts.Directory, name) is not { } path)
            return;
        try
        {
            using Stream whole = PackedFile.Open(path);
            using var stream = new LimitedStream(whole, LongestFile);
            using var text = new StreamReader(stream);
            read(facts, text);
            files.Add(Path.GetFileName(path));
            if (stream.IsCut)
                facts.Problems.Add($"{Path.GetFileName(path)}: only the first {LongestFile >> 20} MiB are used");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ZstdSharp.ZstdException)
        {
            facts.Problems.Add($"{Path.GetFileName(path)}: {e.Message}");
        }
    }

    private static void ReadMachine(MachineFacts facts, TextReader text)
    {
        string section = "";
        var ram = new List<MemoryRange>();
        var pci = ImmutableArray.CreateBuilder<PciDeviceFacts>();
        while (text.ReadLine() is { } line)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..];
                continue;
            }

            switch (section.Split(' ')[0])
            {
                case "uname":
                    ReadUname(facts, line);
                    break;
                case "boot_id":
                    facts.BootId = line.Trim();
                    break;
                case "date" when DateTime.TryParse(line, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime time):
                    facts.RecordedOn = DateOnly.FromDateTime(time);
                    break;
                case "cmdline":
                    if (facts.CommandLine.Length < LongestCommandLine)
                        facts.CommandLine += line;
                    break;
                case "trace_clock" when line.IndexOf('[') is >= 0 and var open && line.IndexOf(']') is var close && close > open:
                    facts.TraceClock = line[(open + 1)..close];
                    break;
                case "page_size" when uint.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out uint page) && IsPageSize(page):
                    facts.PageSize = page;
                    break;
                case "iomem" when Iomem().Match(line) is { Success: true } match:
                    ulong start = Hex(match.Groups["start"].Value), end = Hex(match.Groups["end"].Value);
                    if (end > start)
                        ram.Add(new MemoryRange(new(start), end - start + 1));
                    break;
                case "swiotlb" when line.Split(' ') is [var path, var value, ..]:
                    string name = path[(path.LastIndexOf('/') + 1)..];
                    facts.DynamicPools |= name == "io_tlb_transient_nslabs";
                    bool isDefault = path.EndsWith("/swiotlb/" + name, StringComparison.Ordinal);
                    if (isDefault && ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
                        facts.Counters[name] = number;
                    break;
                case "dma-api" when line.Length > 0:
                    facts.DmaApiDebug = true;
                    break;
                case "pci" when line.Split(' ') is [var address, var id, _, var driver, var mask, var coherent, ..]:
                    if (int.TryParse(mask, out int bits) && int.TryParse(coherent, out int coherentBits))
                        pci.Add(new PciDeviceFacts(address, id, driver, bits, coherentBits));
                    break;
                // POWER machines translate for every device and call the kind of their domains unknown.
                case "iommu" when line.Contains("type=DMA", StringComparison.Ordinal) || (line.Contains("type=unknown", StringComparison.Ordinal) && facts.MachineName.StartsWith("ppc64", StringComparison.Ordinal)):
                    facts.Translated.UnionWith(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(2));
                    break;
            }
        }

        if (ram.Count > 0)
            facts.Ram = Map(facts, ram);
        facts.PciDevices = pci.ToImmutable();
    }

    private static RamMap? Map(MachineFacts facts, List<MemoryRange> ram)
    {
        try
        {
            return new RamMap(ram);
        }
        catch (ArgumentException e)
        {
            facts.Problems.Add($"machine.txt: ranges of RAM make no sense: {e.Message}");
            return null;
        }
    }

    private static void ReadUname(MachineFacts facts, string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3)
            return;
        facts.HostName = words[1];
        facts.KernelRelease = words[2];
        if (words.FirstOrDefault(static word => RecordedArchitecture.Of(word) is not null) is not { } name)
            return;
        facts.MachineName = name;
        facts.Architecture = RecordedArchitecture.Of(name)!.Value;
    }

    private static void ReadMessages(MachineFacts facts, TextReader text)
    {
        var pools = ImmutableArray.CreateBuilder<RestrictedPoolFacts>();
        var created = new List<(ulong Start, ulong Size)>();
        while (text.ReadLine() is { } line)
        {
            if (PoolMapped().Match(line) is { Success: true } mapped)
            {
                ulong start = Hex(mapped.Groups[1].Value), end = Hex(mapped.Groups[2].Value);
                if (end > start)
                    facts.Swiotlb = new MemoryRange(new(start), end - start);
            }
            else if (line.Contains("] Linux version ", StringComparison.Ordinal) || line.StartsWith("Linux version ", StringComparison.Ordinal))
            {
                facts.HasBootMessages = true;
            }
            else if (AreaNumber().Match(line) is { Success: true } areas)
            {
                facts.SwiotlbAreas = int.Parse(areas.Groups[1].Value, CultureInfo.InvariantCulture);
            }
            else if (PoolCreated().Match(line) is { Success: true } made)
            {
                created.Add((Hex(made.Groups[1].Value), ulong.Parse(made.Groups[2].Value, CultureInfo.InvariantCulture) << 20));
            }
            else if (RegionMapped().Match(line) is { Success: true } region)
            {
                ulong start = Hex(region.Groups[1].Value), end = Hex(region.Groups[2].Value) + 1;
                if (created.Exists(c => c.Start == start) && end > start)
                    pools.Add(new RestrictedPoolFacts(region.Groups[3].Value, new MemoryRange(new(start), end - start)));
            }
            else if (RegionAssigned().Match(line) is { Success: true } assigned)
            {
                facts.RestrictedDevices[assigned.Groups[1].Value] = assigned.Groups[2].Value;
            }
            else if (facts.PageSize is null && HashTable().Match(line) is { Success: true } table)
            {
                facts.PageSize = PageSizeOf(int.Parse(table.Groups[1].Value, CultureInfo.InvariantCulture), ulong.Parse(table.Groups[2].Value, CultureInfo.InvariantCulture));
            }
            else if (CpuIds().Match(line) is { Success: true } ids)
            {
                facts.Cpus = int.Parse(ids.Groups[1].Value, CultureInfo.InvariantCulture);
            }
            else if (CacheLine().Match(line) is { Success: true } cache)
            {
                facts.CacheAlignment = uint.Parse(cache.Groups[1].Value, CultureInfo.InvariantCulture);
            }
            else if (EncryptedGuest().IsMatch(line))
            {
                facts.IsEncryptedGuest = true;
            }
            else if (line.Contains("DMA-API: preallocated", StringComparison.Ordinal))
            {
                facts.DmaApiDebug = true;
            }
        }

        facts.RestrictedPools = pools.ToImmutable();
    }

    // order: 9, 8388608 bytes. Tables smaller than a page have a negative order.
    private static uint? PageSizeOf(int order, ulong bytes)
    {
        ulong page = order < 0 ? bytes << -order : bytes >> order;
        return IsPageSize(page) ? (uint)page : null;
    }

    private static bool IsPageSize(ulong bytes) => bytes is 4096 or 16384 or 65536;

    private static void ReadRings(MachineFacts facts, TextReader text)
    {
        var rings = ImmutableArray.CreateBuilder<CpuRingFacts>();
        int cpu = -1;
        long entries = 0, overrun = 0, dropped = 0;
        while (text.ReadLine() is { } line)
        {
            if (line.StartsWith("== cpu", StringComparison.Ordinal))
            {
                Add();
                cpu = int.TryParse(line.AsSpan(6).Trim(), out int number) ? number : -1;
                (entries, overrun, dropped) = (0, 0, 0);
            }
            else if (line.Split(':') is [var name, var value] && long.TryParse(value.Trim(), out long count))
            {
                if (name == "entries")
                    entries = count;
                else if (name == "overrun")
                    overrun = count;
                else if (name == "dropped events")
                    dropped = count;
            }
        }

        Add();
        facts.Rings = rings.ToImmutable();
        void Add()
        {
            if (cpu >= 0)
                rings.Add(new CpuRingFacts(cpu, entries, overrun, dropped));
        }
    }

    private static void ReadProbe(MachineFacts facts, TextReader text)
    {
        var lines = ImmutableArray.CreateBuilder<ProbeLine>();
        for (int number = 1; text.ReadLine() is { } line; number++)
        {
            int at = line.IndexOf("HP ", StringComparison.Ordinal);
            if (at < 0)
                continue;
            int next = line.IndexOf("HP ", at + 3, StringComparison.Ordinal);
            if (next >= 0)
                facts.Problems.Add($"probe.txt: line {number}: two results in one line; the second is left out");
            lines.Add(new ProbeLine(number, next >= 0 ? line[(at + 3)..next] : line[(at + 3)..]));
        }

        facts.Probe = lines.ToImmutable();
    }

    private static void ReadEmulator(MachineFacts facts, TextReader text)
    {
        string line = text.ReadToEnd();
        int append = line.IndexOf("-append ", StringComparison.Ordinal);
        if (append >= 0)
            facts.CommandLine = line[(append + 8)..].Replace("\\", "", StringComparison.Ordinal).Trim();
    }

    private static ulong Hex(string text) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : 0;

    [GeneratedRegex("^(?<start>[0-9a-f]{1,16})-(?<end>[0-9a-f]{1,16}) : System RAM")]
    private static partial Regex Iomem();

    [GeneratedRegex(@"software IO TLB: mapped \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\]")]
    private static partial Regex PoolMapped();

    [GeneratedRegex(@"software IO TLB: area num ([0-9]{1,6})")]
    private static partial Regex AreaNumber();

    [GeneratedRegex(@"created restricted DMA pool at 0x([0-9a-f]{1,16}), size ([0-9]{1,9}) MiB")]
    private static partial Regex PoolCreated();

    [GeneratedRegex(@"OF: reserved mem: 0x([0-9a-f]{1,16})\.\.0x([0-9a-f]{1,16}) \(.*\) (?:no)?map (?:non-)?reusable (\S+)")]
    private static partial Regex RegionMapped();

    [GeneratedRegex(@"(\S+): assigned reserved memory node (\S+)")]
    private static partial Regex RegionAssigned();

    [GeneratedRegex(@"hash table entries: [0-9]+ \(order: (-?[0-9]{1,2}), ([0-9]{1,15}) bytes")]
    private static partial Regex HashTable();

    [GeneratedRegex(@"(?:nr_cpu_ids[=:]|SLUB: .*CPUs=)([0-9]{1,5})")]
    private static partial Regex CpuIds();

    [GeneratedRegex(@"Memory Encryption Features active:.*(?:SEV|TDX)|RME: Using RSI")]
    private static partial Regex EncryptedGuest();

    [GeneratedRegex(@"SLUB: HWalign=([0-9]{1,5})")]
    private static partial Regex CacheLine();
}
