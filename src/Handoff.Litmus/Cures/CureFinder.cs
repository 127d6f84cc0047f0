using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus.Cures;

/// <summary>Finds what makes the difference in a test that goes wrong: by changing one thing at a time and checking again.</summary>
/// <remarks>
/// A change counts only if nothing at all goes wrong afterwards, in any behaviour, under the same kernel and on every machine that the test (and
/// the caller) leaves open. What is tried, and so what is found, depends on the test alone unless time runs out.
/// </remarks>
public static class CureFinder
{
    private const int MostCures = 5;
    private const int MostTrials = 400;
    private const int MostPairedTrials = 150;
    private const int MostPartners = 8; // changes that help a little, tried together with every other
    private const long StatesOfATrial = 100_000;
    private const long StatesOfAll = 2_000_000;

    /// <summary>Tries changes.</summary>
    /// <param name="source">The test's text.</param>
    /// <param name="test">The test read from it.</param>
    /// <param name="kernel">The kernel under which it goes wrong.</param>
    /// <param name="options">The bounds and machines of the check that found it.</param>
    /// <param name="cancellation">Ends the search early.</param>
    public static CureReport Find(
        SourceText source, LitmusTest test, KernelProfile kernel, CheckOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(kernel);
        return new Search(source, kernel, options ?? new CheckOptions(), cancellation).Run(test);
    }

    private static int MostOf(CureKind kind) => kind == CureKind.Program ? 3 : 2;

    private sealed class Search(SourceText source, KernelProfile kernel, CheckOptions options, CancellationToken cancellation)
    {
        private readonly List<Cure> _cures = [];
        private readonly HashSet<string> _seen = [source.Text];
        private readonly List<MachineVariant> _harmful = []; // machines on which something went wrong, the most telling first
        private readonly HashSet<string> _groups = [];
        private int _tried;
        private long _states;
        private bool _cut;

        private bool IsAtABound => cancellation.IsCancellationRequested || _states >= StatesOfAll || _tried >= MostTrials;

        public CureReport Run(LitmusTest test)
        {
            Verdict before = Try(test) ?? Verdict.Ok;
            _tried = 0;
            if (before == Verdict.Ok)
                return new CureReport([], 0, !_cut);
            List<Candidate> all = Candidates.Of(source, test);
            var better = new List<(Candidate Change, Verdict Left)>();
            foreach (Candidate candidate in all)
            {
                if (IsEnough)
                    break;
                if (Consider(candidate) is { } left && left != Verdict.Ok && left < before)
                    better.Add((candidate, left));
            }

            bool pairs = _cures.Count == 0 && !IsAtABound;
            if (pairs)
                TryPairs(all, better);
            return new CureReport(_cures, _tried, !_cut && !cancellation.IsCancellationRequested) { Pairs = pairs };
        }

        private bool IsEnough => _cures.Count >= MostCures;

        /// <summary>Two at a time: those that help a little with every other.</summary>
        private void TryPairs(List<Candidate> all, List<(Candidate Change, Verdict Left)> better)
        {
            int most = _tried + MostPairedTrials;
            foreach (Candidate first in better.Where(b => b.Change.Kind == CureKind.Program).OrderBy(b => b.Left).Take(MostPartners).Select(b => b.Change))
            {
                foreach (Candidate second in all.Where(c => c.Kind == CureKind.Program && first.IsApart(c)))
                {
                    if (IsEnough || _tried >= most)
                    {
                        _cut |= !IsEnough;
                        return;
                    }

                    (Candidate one, Candidate two) = first.Span.Start <= second.Span.Start ? (first, second) : (second, first);
                    Consider(new Candidate(CureKind.Program, first.Weight + second.Weight, $"{one.Text}, and {two.Text}", one.Span, [.. one.Edits, .. two.Edits])
                    {
                        Group = "pair",
                    });
                    if (_cures.Count > 0)
                        return; // which pair does not matter so much: none is simple
                }
            }
        }

        /// <summary>Tries one change; <see langword="null"/> if it was not tried or its outcome is not known.</summary>
        private Verdict? Consider(Candidate candidate)
        {
            if (_cures.Count(c => c.Kind == candidate.Kind) >= MostOf(candidate.Kind)
                || (candidate.Group.Length > 0 && _groups.Contains(candidate.Group)) || _cures.Exists(candidate.Contains))
                return null;
            if (IsAtABound)
            {
                _cut = true;
                return null;
            }

            string text = TextEdit.Apply(source.Text, candidate.Edits);
            if (!_seen.Add(text) || LitmusParser.Parse(text, source.Path).Test is not { } changed)
                return null;
            Verdict? left = Try(changed);
            if (left == Verdict.Ok)
            {
                _cures.Add(new Cure(candidate.Kind, candidate.Text, candidate.Span, candidate.Edits));
                _groups.Add(candidate.Group);
            }

            return left;
        }

        /// <summary>The gravest verdict on the first machine where anything goes wrong; ok if nothing does on any; null if not everything is known.</summary>
        private Verdict? Try(LitmusTest written)
        {
            _tried++;
            if (LitmusChecker.Placed(written, options) is not { } test)
                return null;
            MachineVariant[] machines = [.. Variants.Of(test).Where(v => options.Machines.All(v.Satisfies))];
            if (machines.Length == 0)
                return null;
            CheckOptions bounds = new() { MaxStates = Math.Min(options.MaxStates, StatesOfATrial), Machines = options.Machines, Memory = options.Memory };
            foreach (MachineVariant machine in machines.OrderBy(m => _harmful.IndexOf(m) is >= 0 and var at ? at : int.MaxValue))
            {
                VariantResult result = VariantCheck.Run(test, kernel, machine, bounds, cancellation);
                _states += result.States;
                if (result.Verdicts.Count > 0)
                {
                    if (!_harmful.Contains(machine))
                        _harmful.Add(machine);
                    return result.Verdicts[0].Verdict;
                }

                if (result.Outcome != ExplorationOutcome.Complete)
                {
                    _cut = true;
                    return null;
                }
            }

            return Verdict.Ok;
        }
    }
}
