using System.CommandLine;
using System.Diagnostics;
using Handoff.Cli.Terminal;
using Handoff.Kernels;
using Handoff.Reports.Html;
using Handoff.Reports.Replay;
using Handoff.Tracing.Replay;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff replay</c>: a recorded load on other pools, areas, kernels and masks.</summary>
internal sealed class ReplayVerb : Verb
{
    private const int MostConfigurations = 512;
    private const uint RoomyPool = 1u << 19; // slots (1 GiB): where the load's own peak is measured

    private readonly Argument<string> _trace = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description };
    private readonly Option<string> _sizes = new("--swiotlb") { HelpName = "SIZE,…", Description = "pools: bytes (64M), slots (32768, 0x8000), shares of the load's peak (150%), default" };
    private readonly Option<string> _areas = new("--areas") { HelpName = "N,…", Description = "numbers of areas; cpus for one a processor" };
    private readonly Option<string> _kernels = new("--kernel", "-k") { HelpName = "A,B,…", Description = "kernels (default: the recorded one)" };
    private readonly Option<string> _bounce = new("--bounce") { HelpName = "HOW,…", Description = "which mappings bounce: recorded, needed, force, never" };
    private readonly Option<string> _html = new("--html") { HelpName = "FILE", Description = "also write one page with the curve" };
    private readonly Option<bool> _json = new("--json") { Description = "for programs" };
    private readonly ReplayOptionSet _common = new();

    public ReplayVerb()
        : base("replay", "Replay the load of a recording on other pools, areas, kernels and masks: what fails, how full, how much is copied?")
    {
        Arguments.Add(_trace);
        foreach (var option in (Option[])[_sizes, _areas, _kernels, _bounce])
            Options.Add(option);
        _common.AddTo(this);
        Options.Add(_html);
        Options.Add(_json);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("replay trace.dat --swiotlb 16M,64M,256M --areas 1,4,cpus", "how large a pool, in how many areas?"),
        new("replay trace.dat --kernel linux-6.12,linux-7.0 --mask 0000:00:03.0=64", "what would another kernel or driver do with this load?"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        if (arguments.GetValue(_html) is { } page)
            OutputFile.CheckFile(page);
        long began = Stopwatch.GetTimestamp();
        var sizes = arguments.GetValue(_sizes) is { } size ? PoolSizeText.ParseList("--swiotlb", size) : [];
        var kernels = arguments.GetValue(_kernels) is { } names ? KernelNames.Parse(names).DistinctBy(static kernel => kernel.Name).ToList<KernelProfile?>() : [null];
        var modes = arguments.GetValue(_bounce) is { } how ? ReplayOptionSet.ReadModes(how) : [BounceMode.AsRecorded];
        var masks = _common.Masks(arguments);
        var input = LoadInput.Open(arguments.GetRequiredValue(_trace), _common.Recorded(arguments), session);
        var load = input.Load;
        var areas = arguments.GetValue(_areas) is { } counts ? ReplayOptionSet.ReadAreas(counts, load).Select(static count => (int?)count).ToList() : [null];

        using var progress = new ReplayProgress(session);
        bool fractions = sizes.Any(static each => each.Fraction is not null);
        List<ReplayConfiguration> first = [ReplayConfiguration.AsRecorded];
        if (fractions)
            first.Add(new ReplayConfiguration { Slots = RoomyPool, Masks = masks });
        var known = ReplayRun.Run(load, first, cancellation: session.Cancelled);
        var damage = input.Check(session);
        ReplayOptionSet.CheckDevices(masks, load);

        var configurations = new List<ReplayConfiguration>();
        foreach (var kernel in kernels)
        {
            foreach (var mode in modes)
            {
                foreach (int? count in areas)
                {
                    foreach (var each in mode == BounceMode.Never || sizes.Count == 0 ? [default] : sizes)
                    {
                        uint? slots = each.Fraction is { } share ? (uint)Math.Max(1, Math.Ceiling(share * known[1].HighWaterSlots)) : each.Slots;
                        configurations.Add(new ReplayConfiguration { Kernel = kernel, Slots = slots, DefaultSize = each.IsDefault, Areas = count, Bounce = mode, Masks = masks });
                    }
                }
            }
        }

        configurations = [.. ReplayRun.Distinct(load, configurations.Where(static each => !each.IsRecorded))];
        if (configurations.Count > MostConfigurations)
            throw new UserErrorException(ExitCode.Usage, $"{configurations.Count} configurations are too many", $"ask for {MostConfigurations} at most");
        var outcomes = ReplayRun.Run(load, configurations, progress.Share, session.Cancelled);
        progress.Dispose();

        var report = new ReplayReport(load, known[0], outcomes, Stopwatch.GetElapsedTime(began)) { Interrupted = session.Cancelled.IsCancellationRequested };
        if (arguments.GetValue(_html) is { } html)
            OutputFile.Write(html, stream => ReplayHtmlWriter.Write(report, stream));
        if (arguments.GetValue(_json))
            session.WriteUtf8(stream => ReplayJsonWriter.Write(report, stream));
        else
            ReplayTextWriter.Write(report, session.OutInk, session.Width);
        return damage != ExitCode.AsExpected ? damage : report.Interrupted ? ExitCode.Inconclusive : report.AnyWithoutFailure ? ExitCode.AsExpected : ExitCode.Differs;
    }
}
