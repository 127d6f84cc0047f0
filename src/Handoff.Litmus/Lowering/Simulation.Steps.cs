using Handoff.Litmus.Language;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <content>From what the mapping layer did to memory to the steps of an agent.</content>
internal sealed partial class Simulation
{
    /// <summary>Turns the effects of one call into steps: effects on different lines happen at once.</summary>
    private List<PhysicalStep> AddEffects(int agent, CallStatement call, List<MemoryEffect> effects)
    {
        ulong line = _setup.Machine.MaintenanceLineSize;
        var layers = new List<List<MemoryEffect>>();
        foreach (MemoryEffect effect in effects)
        {
            if (effect.Kind == EffectKind.Invalidate && effect.Start % line == 0 && effect.End % line != 0 && effect.Start / line == effect.End / line)
            {
                // The hardware routine writes this line back and drops it, then drops it again: two steps.
                Place(effect with { Kind = EffectKind.CleanInvalidate });
                Place(effect with { Kind = EffectKind.Drop });
            }
            else
            {
                Place(effect);
            }
        }

        var steps = new List<PhysicalStep>();
        foreach (List<MemoryEffect> layer in layers)
        {
            PhysicalStep step = Add(agent, $"{call.Signature.Name}: {Describe(layer[0])}", call.Span);
            step.Effects.AddRange(layer);
            steps.Add(step);
        }

        if (steps.Count == 0)
            steps.Add(Add(agent, call.Signature.Name, call.Span));
        return steps;

        void Place(MemoryEffect effect)
        {
            int at = layers.Count;
            while (at > 0 && !layers[at - 1].Exists(e => Overlap(e, effect, line)))
                at--;
            if (at == layers.Count)
                layers.Add([]);
            layers[at].Append(effect, line);
        }
    }

    private static bool Overlap(MemoryEffect a, MemoryEffect b, ulong line)
    {
        bool Cross(ulong x, ulong y) => x / line <= (y + Math.Max(b.Size, 1) - 1) / line && y / line <= (x + Math.Max(a.Size, 1) - 1) / line;
        return Cross(a.Start, b.Start)
            || (a.Kind == EffectKind.Copy && Cross(a.Other, b.Start))
            || (b.Kind == EffectKind.Copy && Cross(a.Start, b.Other))
            || (a.Kind == EffectKind.Copy && b.Kind == EffectKind.Copy && Cross(a.Other, b.Other));
    }

    private string Describe(MemoryEffect effect) => effect.Kind switch
    {
        EffectKind.Copy => $"copies {NameOf(effect.Other)} to {NameOf(effect.Start)}",
        EffectKind.Clean => $"cleans {NameOf(effect.Start)}",
        EffectKind.Invalidate => $"invalidates {NameOf(effect.Start)}",
        EffectKind.CleanInvalidate => $"cleans and invalidates {NameOf(effect.Start)}",
        EffectKind.Drop => $"invalidates {NameOf(effect.Start)} again",
        EffectKind.Zero => $"zeroes {NameOf(effect.Start)}",
        _ => effect.Kind.ToString(),
    };

    /// <summary>Keeps the calls of different threads in the order in which this run made them, if others were possible.</summary>
    private void Commit(int agent, int step)
    {
        if (_lastCommit is { } last && last.Agent != agent && _choices.Count + Options.Count > 0)
            _agents[agent].Steps[step].After.Add(new Precondition(last, Orders: false));
        _lastCommit = new StepRef(agent, step);
    }
}
