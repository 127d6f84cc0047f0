using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Handoff.Tracing.Bundles;

/// <summary>Reads the text files of a recording's directory.</summary>
internal static partial class MachineFactsReader
{
    private const int LongestCommandLine = 1 << 16; // characters; kernels take 4096 at most
    internal const long LongestFile = 32 << 20; // bytes; kernel messages of the largest machines have a tenth
    private const int LongestMessage = 4096; // characters of a line of the kernel's log; the kernel cuts them at a thousand
    private const int MostNamed = 1 << 16; // devices of a kind, and lines of a log: as many functions as a PCI segment has
    private const int MostRanges = 1 << 14; // of RAM
    private const int MostCounters = 256;
    private const int MostRegions = 64; // reserved: MAX_RESERVED_REGIONS
    private const int MostProblems = 20; // that are told

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
            using var lines = new FactText(text);
            read(facts, lines);
            files.Add(Path.GetFileName(path));
            if (stream.IsCut)
                facts.Problems.Add($"{Path.GetFileName(path)}: only the first {LongestFile >> 20} MiB are used");
            if (lines.LeftOut > 0)
                facts.Problems.Add($"{Path.GetFileName(path)}: {lines.LeftOut} {(lines.LeftOut == 1 ? "line" : "lines")} of more than {FactText.LongestLine >> 10} Ki characters left out");
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
                    if (end > start && ram.Count < MostRanges)
                        ram.Add(new MemoryRange(new(start), end - start + 1));
                    break;
                case "swiotlb" when line.Split(' ') is [var path, var value, ..]:
                    string name = path[(path.LastIndexOf('/') + 1)..];
                    facts.DynamicPools |= name == "io_tlb_transient_nslabs";
                    bool isDefault = path.EndsWith("/swiotlb/" + name, StringComparison.Ordinal);
                    if (isDefault && facts.Counters.Count < MostCounters && ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
                        facts.Counters[name] = number;
                    break;
                case "dma-api" when line.Length > 0:
                    facts.DmaApiDebug = true;
                    break;
                case "pci" when pci.Count < MostNamed && line.Split(' ') is [var address, var id, _, var driver, var mask, var coherent, ..]:
                    if (int.TryParse(mask, out int bits) && int.TryParse(coherent, out int coherentBits))
                        pci.Add(new PciDeviceFacts(address, id, driver, bits, coherentBits));
                    break;
                // POWER machines translate for every device and call the kind of their domains unknown.
                case "iommu" when facts.Translated.Count < MostNamed && (line.Contains("type=DMA", StringComparison.Ordinal) || (line.Contains("type=unknown", StringComparison.Ordinal) && facts.MachineName.StartsWith("ppc64", StringComparison.Ordinal))):
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
        var created = new HashSet<ulong>(); // where they start
        while (text.ReadLine() is { } line)
        {
            if (line.Length > LongestMessage)
                continue;
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
                if (created.Count < MostRegions)
                    created.Add(Hex(made.Groups[1].Value));
            }
            else if (RegionMapped().Match(line) is { Success: true } region)
            {
                ulong start = Hex(region.Groups[1].Value), end = Hex(region.Groups[2].Value) + 1;
                if (pools.Count < MostRegions && created.Contains(start) && end > start)
                    pools.Add(new RestrictedPoolFacts(region.Groups[3].Value, new MemoryRange(new(start), end - start)));
            }
            else if (Assignment(line) is var (device, node))
            {
                if (facts.RestrictedDevices.Count < MostNamed)
                    facts.RestrictedDevices[device] = node;
            }
            else if (facts.PageSize is null && HashTable().Match(line) is { Success: true } table)
            {
                facts.PageSize = PageSizeOf(int.Parse(table.Groups[1].Value, CultureInfo.InvariantCulture), ulong.Parse(table.Groups[2].Value, CultureInfo.InvariantCulture));
            }
            else if (CpusOf(line) is { } cpus)
            {
                facts.Cpus = cpus;
            }
            else if (CacheLine().Match(line) is { Success: true } cache)
            {
                facts.CacheAlignment = uint.Parse(cache.Groups[1].Value, CultureInfo.InvariantCulture);
            }
            else if (IsEncryptedGuest(line))
            {
                facts.IsEncryptedGuest = true;
            }
            else if (line.Contains("] ACPI: RSDP 0x", StringComparison.Ordinal))
            {
                facts.HasAcpi = true;
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
            if (cpu >= 0 && rings.Count < MostNamed)
                rings.Add(new CpuRingFacts(cpu, entries, overrun, dropped));
        }
    }

    private static void ReadProbe(MachineFacts facts, TextReader text)
    {
        var lines = ImmutableArray.CreateBuilder<ProbeLine>();
        int twice = 0;
        for (int number = 1; lines.Count < MostNamed && text.ReadLine() is { } line; number++)
        {
            int at = line.IndexOf("HP ", StringComparison.Ordinal);
            if (at < 0)
                continue;
            int next = line.IndexOf("HP ", at + 3, StringComparison.Ordinal);
            if (next >= 0 && twice++ < MostProblems)
                facts.Problems.Add($"probe.txt: line {number}: two results in one line; the second is left out");
            lines.Add(new ProbeLine(number, next >= 0 ? line[(at + 3)..next] : line[(at + 3)..]));
        }

        if (twice > MostProblems)
            facts.Problems.Add($"probe.txt: and {twice - MostProblems} more of these");
        facts.Probe = lines.ToImmutable();
    }

    private static void ReadEmulator(MachineFacts facts, TextReader text)
    {
        var all = new System.Text.StringBuilder();
        while (all.Length < LongestCommandLine && text.ReadLine() is { } read)
            all.Append(read).Append('\n');
        string line = all.ToString();
        int append = line.IndexOf("-append ", StringComparison.Ordinal);
        if (append >= 0)
            facts.CommandLine = line[(append + 8)..].Replace("\\", "", StringComparison.Ordinal).Trim();
    }

    /// <summary>Which device was given which reserved region; searched from the middle, for a pattern would try every beginning.</summary>
    private static (string Device, string Node)? Assignment(string line)
    {
        const string told = ": assigned reserved memory node ";
        int at = line.IndexOf(told, StringComparison.Ordinal);
        if (at <= 0)
            return null;
        ReadOnlySpan<char> before = line.AsSpan(0, at), after = line.AsSpan(at + told.Length);
        int begin = before.LastIndexOfAny(' ', '\t') + 1, end = after.IndexOfAny(' ', '\t');
        ReadOnlySpan<char> device = before[begin..], node = end < 0 ? after : after[..end];
        return device.IsEmpty || node.IsEmpty ? null : (device.ToString(), node.ToString());
    }

    /// <summary>The number of possible processors, in either of the lines that tell it.</summary>
    private static int? CpusOf(string line)
    {
        int at = line.IndexOf("nr_cpu_ids", StringComparison.Ordinal);
        if (at >= 0 && at + 10 < line.Length && line[at + 10] is '=' or ':')
            return Count(line.AsSpan(at + 11));
        at = line.IndexOf("SLUB: ", StringComparison.Ordinal);
        int cpus = at < 0 ? -1 : line.IndexOf("CPUs=", at + 6, StringComparison.Ordinal);
        return cpus < 0 ? null : Count(line.AsSpan(cpus + 5));

        static int? Count(ReadOnlySpan<char> text)
        {
            int digits = 0;
            while (digits < text.Length && digits < 5 && char.IsAsciiDigit(text[digits]))
                digits++;
            return digits == 0 ? null : int.Parse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }

    private static bool IsEncryptedGuest(string line)
    {
        const string active = "Memory Encryption Features active:";
        int at = line.IndexOf(active, StringComparison.Ordinal);
        return at >= 0
            ? line.AsSpan(at + active.Length) is var features && (features.Contains("SEV", StringComparison.Ordinal) || features.Contains("TDX", StringComparison.Ordinal))
            : line.Contains("RME: Using RSI", StringComparison.Ordinal);
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

    [GeneratedRegex(@"OF: reserved mem: 0x([0-9a-f]{1,16})\.\.0x([0-9a-f]{1,16}) \([^)]*\) (?:no)?map (?:non-)?reusable (\S+)")]
    private static partial Regex RegionMapped();

    [GeneratedRegex(@"hash table entries: [0-9]+ \(order: (-?[0-9]{1,2}), ([0-9]{1,15}) bytes")]
    private static partial Regex HashTable();

    [GeneratedRegex(@"SLUB: HWalign=([0-9]{1,5})")]
    private static partial Regex CacheLine();
}
