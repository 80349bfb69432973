// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ways to change a script, and what the model says to it.

use purgatory_test_harness::symbols::Parts;
use purgatory_test_tracer::Event;
use purgatory_test_tracer::system::System;

use super::{
    END, GUARD, IMAGE, NEXT, NEXT_END, POOL, REGION, REGION_END, RODATA, STACK, Script, TEXT, UART,
    system,
};
use crate::{Contents, Model, Rule, Setup};

impl Script {
    fn first(&self, group: &str) -> usize {
        let found = self.steps.iter().position(|(name, _)| *name == group);
        found.unwrap_or_else(|| panic!("no step {group}"))
    }

    /// Takes a group of steps away.
    pub fn without(mut self, group: &str) -> Self {
        self.first(group);
        self.steps.retain(|(name, _)| *name != group);
        self
    }

    /// Takes all steps with an address in these bytes out of a group.
    pub fn without_lines(mut self, group: &str, start: u64, end: u64) -> Self {
        let before = self.steps.len();
        self.steps.retain(|(name, event)| {
            let inside =
                matches!(event, Event::System { value, .. } if (start..end).contains(value));
            !(*name == group && inside)
        });
        assert!(self.steps.len() < before, "no line of {group} taken away");
        self
    }

    /// Puts steps before a group.
    pub fn before(mut self, group: &str, events: impl IntoIterator<Item = Event>) -> Self {
        let at = self.first(group);
        let steps = events.into_iter().map(|event| ("added", event));
        self.steps.splice(at..at, steps);
        self
    }

    /// Changes each step of a group.
    pub fn with(mut self, group: &str, change: impl Fn(Event) -> Event) -> Self {
        self.first(group);
        for (_, event) in self.steps.iter_mut().filter(|(name, _)| *name == group) {
            *event = change(*event);
        }
        self
    }

    /// Gives each system instruction of a group another value.
    pub fn with_value(self, group: &str, change: impl Fn(u64) -> u64) -> Self {
        self.with(group, |event| match event {
            Event::System { what, value, .. } => system(what, change(value)),
            other => other,
        })
    }

    /// Makes another instruction of each of a group.
    pub fn with_instruction(self, group: &str, instruction: System) -> Self {
        self.with(group, |event| match event {
            Event::System { value, .. } => system(instruction, value),
            other => other,
        })
    }

    /// Returns the rules that are broken by now.
    pub fn judge(&self) -> Vec<Rule> {
        let mut memory = Contents::default();
        memory.zeros(IMAGE, END - IMAGE);
        let setup = Setup {
            regime: self.regime,
            line: self.line,
            zva: 64,
            parts: Parts {
                image: IMAGE..END,
                text: TEXT..RODATA,
                guard: GUARD..STACK,
            },
            pool: POOL..END,
            regions: vec![REGION..REGION_END, NEXT..NEXT_END],
            uart: Some(UART..UART + 8),
            dirty: vec![IMAGE..END, REGION..NEXT_END],
            tcr2: 2,
            memory,
        };
        let mut events = self.events();
        for (number, event) in (0..).zip(&mut events) {
            if let Event::System { count, .. } = event {
                *count = number;
            }
        }
        Model::judge(setup, &events).rules()
    }
}
