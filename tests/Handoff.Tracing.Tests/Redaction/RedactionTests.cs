using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Redaction;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Tests.Findings;
using ZstdSharp;

namespace Handoff.Tracing.Tests.Redaction;

/// <summary>A redacted recording tells the same about mappings, and nothing about the machine.</summary>
public sealed partial class RedactionTests
{
    private const ulong LowMemory = 16UL << 20; // below, stretches between borders are too short to hide in

    public static TheoryData<string> Bundles => Analyses.Bundles;

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Findings_are_the_same(string directory)
    {
        RedactedBundle redacted = RedactedBundle.Of(directory);
        TraceAnalysis before = Analyses.OfBundle(directory), after = Analyses.OfBundle(redacted.Directory);
        string[] expected = Lines(before, redacted.Redactor.NameOf);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Lines(after, static name => name));
        Assert.Equal(before.Events, after.Events);

        // And without the facts: what has to be guessed is guessed alike.
        Assert.Equal(Lines(Analyses.OfBare(directory), redacted.Redactor.NameOf), Lines(Analyses.OfBare(redacted.Directory), static name => name));
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Replays_decide_the_same(string directory)
    {
        RedactedBundle redacted = RedactedBundle.Of(directory);
        ReplayConfiguration[] configurations = [ReplayConfiguration.AsRecorded, new() { Slots = 512, Areas = 1 }];
        string[] expected = Outcomes(directory, configurations, redacted.Redactor.NameOf);
        Assert.Equal(expected, Outcomes(redacted.Directory, configurations, static name => name));
        Assert.Contains(expected, static line => line.Contains("maps", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void No_name_and_no_address_is_left_in_any_byte(string directory)
    {
        RedactedBundle redacted = RedactedBundle.Of(directory);
        var names = new HashSet<string>();
        var before = new HashSet<ulong>();
        var after = new HashSet<ulong>();
        long addresses = 0, stayed = 0;
        using (var first = Recording.Open(redacted.Source.Path))
        using (var second = Recording.Open(Path.Combine(redacted.Directory, "trace.dat")))
        {
            DmaEvent a = default, b = default;
            while (first.Read(ref a))
            {
                Assert.True(second.Read(ref b));
                Assert.Equal((a.Time / 1000, a.Kind, a.Cpu, a.Size, a.Attributes), (b.Time / 1000, b.Kind, b.Cpu, b.Size, b.Attributes));
                Assert.True(a.Pid == 0 ? b.Pid == 0 : b.Pid != a.Pid || a.Pid < 0, $"thread {a.Pid}");
                Assert.True(a.Kind != DmaEventKind.Marker || RecordingReader.TextOf(a) != RecordingReader.TextOf(b) || a.Text.IsEmpty);
                if (a.Kind == DmaEventKind.Marker && RecordingReader.TextOf(a).Trim() is { Length: > 4 } text)
                    names.Add(text);
                foreach (var (from, to) in AddressesOf(a).Zip(AddressesOf(b)))
                {
                    Assert.Equal(from & 0x1f_ffff, to & 0x1f_ffff);
                    if (from < LowMemory || from == ulong.MaxValue)
                        continue;
                    addresses++;
                    stayed += from == to ? 1 : 0;
                    before.Add(from);
                    after.Add(to);
                }
            }

            Assert.False(second.Read(ref b));
            Assert.Equal(before.Count, after.Count); // none became one with another
            for (int i = 1; i < first.Devices.Count; i++)
            {
                Assert.NotEqual(first.Devices[i], redacted.Redactor.NameOf(first.Devices[i]));
                names.Add(first.Devices[i]);
            }

            string[] tasks = [.. Enumerable.Range(1, first.Tasks.Count - 1).Select(i => first.Tasks[i]).Where(static task => task != "<idle>")];
            Assert.Empty(tasks.Intersect(Enumerable.Range(1, second.Tasks.Count - 1).Select(i => second.Tasks[i])));
            names.UnionWith(tasks);
        }

        Assert.True(addresses > 1000);
        Assert.Equal(0, stayed);
        MachineFacts facts = redacted.Source.ReadFacts();
        names.UnionWith(facts.PciDevices.Select(static pci => pci.Name).Concat(facts.PciDevices.Select(static pci => pci.Driver).Where(static driver => driver != "nvme")));
        names.UnionWith(facts.RestrictedPools.Select(static pool => pool.Name));
        before.ExceptWith(after);

        // Where memory and its zones are stays told: everybody's is at the same places.
        foreach (MemoryRange range in facts.Ram?.Ranges ?? [])
        {
            before.Remove(range.Start.Value);
            before.Remove(range.Start.Value + range.Size);
        }

        // Round numbers are sizes and flags, too.
        before.RemoveWhere(static address => BitOperations.TrailingZeroCount(address) >= 24);
        byte[][] needles = [.. names.Where(static name => name.Length > 4).Select(Encoding.UTF8.GetBytes)];
        Assert.True(needles.Length > 5);
        foreach (string file in System.IO.Directory.GetFiles(redacted.Directory))
        {
            foreach (byte[] bytes in Unpacked(File.ReadAllBytes(file)))
            {
                foreach (byte[] needle in needles)
                    Assert.True(bytes.AsSpan().IndexOf(needle) < 0, $"{Path.GetFileName(file)} has '{Encoding.UTF8.GetString(needle)}'");
                if (file.EndsWith(".dat", StringComparison.Ordinal))
                {
                    // A few of a million words look like an address by chance: the time at the beginning of a page, two numbers side by side, the length of a section.
                    var left = new List<ulong>();
                    for (int at = 0; at + 8 <= bytes.Length; at += 4)
                    {
                        if (before.Contains(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at))))
                            left.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)));
                    }

                    Assert.True(left.Count <= Math.Max(1, bytes.Length / 1_000_000), $"{left.Count} addresses are left: {left.FirstOrDefault():x} …");
                    continue;
                }

                foreach (Match number in Hex().Matches(Encoding.UTF8.GetString(bytes)))
                    Assert.False(before.Contains(ulong.Parse(number.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)), $"{Path.GetFileName(file)} has {number.Value}");
            }
        }
    }

    [Fact]
    public void One_key_makes_recordings_match_and_others_do_not()
    {
        string directory = Path.Combine(RecordingFiles.Shipped, "arm64-misuse-nc"), other = Path.Combine(RecordingFiles.Shipped, "arm64-nc-small");
        using var one = new RedactedBundle(directory, RedactionKey.From("a key"));
        using var two = new RedactedBundle(other, RedactionKey.From("a key"));
        using var three = new RedactedBundle(directory, RedactionKey.From("another key"));
        using var four = new RedactedBundle(directory, RedactionKey.Random());
        using var five = new RedactedBundle(directory, RedactionKey.Random());
        const string device = "0000:00:03.0";
        Assert.Equal(one.Redactor.NameOf(device), two.Redactor.NameOf(device));
        Assert.Equal(4, new[] { one, three, four, five }.Select(static each => each.Redactor.NameOf(device)).Distinct().Count());

        // The pools of both machines are at one place, before and after.
        Assert.Equal(one.Source.ReadFacts().Swiotlb, two.Source.ReadFacts().Swiotlb);
        Assert.Equal(MachineFacts.Read(one.Directory).Swiotlb, MachineFacts.Read(two.Directory).Swiotlb);
        Assert.NotEqual(one.Source.ReadFacts().Swiotlb, MachineFacts.Read(one.Directory).Swiotlb);
        Assert.NotEqual(MachineFacts.Read(three.Directory).Swiotlb, MachineFacts.Read(one.Directory).Swiotlb);
    }

    [Theory]
    [InlineData("trace.dat")]
    [InlineData("trace.txt.zst")]
    [InlineData("trace.v6.dat.zst")]
    public void Every_format_becomes_the_same(string name)
    {
        string file = Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", name);
        using var redacted = new RedactedBundle(file, RedactionKey.From("formats"));
        using var again = new RedactedBundle(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"), RedactionKey.From("formats"));
        using var first = Recording.Open(Path.Combine(redacted.Directory, "trace.dat"));
        using var second = Recording.Open(Path.Combine(again.Directory, "trace.dat"));
        // Text rounds times, so that events of several CPUs may change places.
        Assert.Equal(EventText.All(second, microseconds: true).Select(Plain).Order(StringComparer.Ordinal), EventText.All(first, microseconds: true).Select(Plain).Order(StringComparer.Ordinal));
        static string Plain(string line) => line.Contains(" Marker ", StringComparison.Ordinal) ? "marker" : line;
    }

    [Fact]
    public void Names_that_may_stay_do()
    {
        string directory = Path.Combine(RecordingFiles.Shipped, "arm64-nc-small");
        using var redacted = new RedactedBundle(directory, RedactionKey.From("keep"), new RedactionOptions(Devices: true, Tasks: true, Markers: true));
        using var first = Recording.Open(Path.Combine(directory, "trace.dat"));
        using var second = Recording.Open(Path.Combine(redacted.Directory, "trace.dat"));
        DmaEvent a = default, b = default;
        int markers = 0;
        while (first.Read(ref a))
        {
            Assert.True(second.Read(ref b));
            Assert.Equal((first.DeviceName(a), a.Pid, first.TaskName(a)), (second.DeviceName(b), b.Pid, second.TaskName(b)));
            if (a.Kind != DmaEventKind.Marker)
                continue;
            markers++;
            Assert.Equal(RecordingReader.TextOf(a).TrimEnd(), RecordingReader.TextOf(b).TrimEnd());
        }

        Assert.True(markers > 3);
    }

    private static IEnumerable<ulong> AddressesOf(DmaEvent e)
    {
        var list = new List<ulong>();
        if (e.Kind <= DmaEventKind.LostEvents || e.IsDmaBuf)
            return list;
        list.Add(e.Kind == DmaEventKind.SwiotlbBounced ? e.BouncedAddress : e.PhysicalAddress.Value);
        list.Add(e.DmaAddress.Value);
        foreach (PhysicalAddress address in e.PhysicalAddresses)
            list.Add(address.Value);
        foreach (DmaAddress address in e.DmaAddresses)
            list.Add(address.Value);
        return list;
    }

    private static string[] Lines(TraceAnalysis analysis, Func<string, string> nameOf)
    {
        var findings = TraceFindings.Find(analysis).Select(f =>
            $"{f.Kind} {f.Id} {f.Severity} {f.Confidence} {string.Join(',', f.Devices.Select(nameOf).Order(StringComparer.Ordinal))} {f.Count} {f.FirstTime / 1000}-{f.LastTime / 1000} try {string.Join(',', f.Cures.Select(static c => c.Parameter))}");
        var devices = analysis.Statistics.Devices.Select(d => $"{nameOf(d.Name)} {d.Maps} {d.FailedMaps} {d.FailedLists} {d.Bounced} {d.CopiedIn} {d.Live.Peak} {d.Slots.Peak}");
        var pools = analysis.Statistics.Pools.Select(static p => $"pool {p.Slots} {p.Areas} {p.Used.Peak}@{p.Used.PeakTime / 1000}");
        return [.. findings, .. devices.Order(StringComparer.Ordinal), .. pools];
    }

    private static string[] Outcomes(string directory, ReplayConfiguration[] configurations, Func<string, string> nameOf)
    {
        RecordedLoad load = RecordedLoad.Open(TraceBundle.Find(directory)!, TestContext.Current.CancellationToken);
        return
        [
            .. ReplayRun.Run(load, configurations, null, TestContext.Current.CancellationToken).Select(o =>
                $"{o.Kernel.Name} {o.Maps} maps {o.Bounced} bounced {o.Failures} failures {o.Retries} {o.Recovered} first {o.FirstFailure / 1000} high {o.HighWaterSlots} copied {o.CopiedBytes} {o.Copies} {o.MaintainedBytes}" +
                $" searches {string.Join('/', o.SearchesByArea)} {o.SearchSteps} {o.MostSteps} {o.Spilled} pools {o.PoolsMade} same {o.SameOutcome}/{o.Compared} {o.SameAddress}/{o.ComparedAddresses} {o.FirstDifference / 1000} {o.Operations}" +
                $" because {string.Join(';', o.FailuresByCause.Select(f => $"{nameOf(f.Device)} {f.Cause} {f.Count}").Order(StringComparer.Ordinal))}"),
        ];
    }

    // The file itself and everything that is packed in it.
    private static IEnumerable<byte[]> Unpacked(byte[] file)
    {
        yield return file;
        using var unpacker = new Decompressor();
        for (int at = 0; (at = Next(file, at)) >= 0; at++)
        {
            using var stream = new DecompressionStream(new MemoryStream(file, at, file.Length - at), leaveOpen: false);
            using var plain = new MemoryStream();
            byte[] buffer = new byte[1 << 16];
            try
            {
                for (int got; (got = stream.Read(buffer)) > 0;)
                    plain.Write(buffer, 0, got);
            }
            catch (ZstdException)
            {
                // The end of this frame: what follows is not packed, or the beginning was none.
            }

            yield return plain.ToArray();
        }

        static int Next(byte[] file, int from) => file.AsSpan(from).IndexOf((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) is >= 0 and var found ? from + found : -1;
    }

    [GeneratedRegex("[0-9a-f]{6,16}")]
    private static partial Regex Hex();
}
